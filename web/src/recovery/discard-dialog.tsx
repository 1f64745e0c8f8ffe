import { useState } from 'react';
import { formatLengthInWords } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';

const words = STRINGS.recovery;

interface DiscardDialogProps {
  readonly title: string;
  readonly seconds: number;
  readonly onClose: () => void;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}

/** Asks twice: what is discarded here exists nowhere else. The second question names it. */
export function DiscardDialog({ title, seconds, onClose, onSave, onDiscard }: DiscardDialogProps) {
  const [isSecond, setSecond] = useState(false);
  const length = formatLengthInWords(seconds);
  if (!isSecond) {
    return (
      <Dialog key="first" heading={words.discardHeading} onClose={onClose}>
        <p>{words.discardBody(title, length)}</p>
        <div className="mt-5 flex flex-wrap justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            {STRINGS.app.cancel}
          </button>
          <button type="button" className="button" onClick={onSave}>
            {words.saveAs}
          </button>
          <button type="button" className="button text-record" onClick={() => setSecond(true)}>
            {words.discardNext}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog key="second" heading={words.discardSurely(title, length)} onClose={onClose}>
      <p>{words.discardSurelyBody}</p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>
          {STRINGS.app.cancel}
        </button>
        <button type="button" className="button text-record" onClick={onDiscard}>
          {words.discardNow(length)}
        </button>
      </div>
    </Dialog>
  );
}
