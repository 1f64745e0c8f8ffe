import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { RecordIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';

const words = STRINGS.recovery;

/** The take that another tab records, to look at only; it is commanded there. */
export function ElsewhereNote() {
  const capture = useCapture();
  const toast = useToast();
  const { elsewhere } = useCaptureSnapshot();
  if (!elsewhere) return null;
  const captured = formatClock(elsewhere.capturedSeconds);
  const safe = formatClock(elsewhere.safeSeconds);
  return (
    <section className="sheet flex flex-wrap items-center gap-x-4 gap-y-3 p-5" aria-labelledby="elsewhere">
      <RecordIcon size={24} className="shrink-0 text-record" />
      <div className="min-w-48 flex-1">
        <h2 id="elsewhere" className="font-semibold">
          {words.elsewhereHeading}
        </h2>
        <p className="font-serif text-lg leading-snug">{elsewhere.title || words.elsewhereUntitled}</p>
        <p className="digits text-sm text-ink-soft">
          {STRINGS.record.state[elsewhere.phase]} · {STRINGS.record.safeLine(captured, safe)}
        </p>
      </div>
      <button
        type="button"
        className="button"
        onClick={() => {
          capture.showRecordingTab();
          toast({ message: words.tabMarked });
        }}
      >
        {words.showTab}
      </button>
    </section>
  );
}
