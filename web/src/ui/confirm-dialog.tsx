import { STRINGS } from '../strings.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  readonly heading: string;
  readonly body: string;
  /** Says what happens, not "OK". */
  readonly action: string;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

/** Asks once more before something goes; Escape means no. */
export function ConfirmDialog({ heading, body, action, onClose, onConfirm }: ConfirmDialogProps) {
  return (
    <Dialog heading={heading} onClose={onClose}>
      <p>{body}</p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>
          {STRINGS.app.cancel}
        </button>
        <button type="button" className="button text-record" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
