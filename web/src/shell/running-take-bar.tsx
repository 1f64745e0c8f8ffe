import { Link, useLocation } from '@tanstack/react-router';
import { CapturedAndSafeLine } from '../record/announcer.tsx';
import { useCaptureValue } from '../record/capture-context.tsx';
import { isTakeRunning } from '../record/capture-phases.ts';
import { useRecordActions } from '../record/record-actions.ts';
import { STRINGS } from '../strings.ts';
import { PauseIcon, PlayIcon, StopIcon, WarningIcon } from '../ui/icons.tsx';

const words = STRINGS.record;

/** On every page but the recorder's: the running take, and the buttons it may need at once. */
export function RunningTakeBar() {
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  // The recorder shows all of them; here the newest must do.
  const problem = useCaptureValue(({ problems }) => problems.at(-1)?.message ?? null);
  const { stop, toggle } = useRecordActions();
  const isOnRecorder = useLocation({ select: (location) => location.pathname === '/' });
  if (isOnRecorder || !(isTakeRunning(phase) || phase === 'sending')) return null;
  const isPaused = phase === 'paused';
  return (
    <section
      aria-label={words.barLabel}
      className="deck flex flex-wrap items-center gap-x-4 gap-y-1 rounded-none px-4 py-2 text-sm sm:px-5"
    >
      <Link to="/" className="flex min-h-9 min-w-0 flex-1 basis-full items-center gap-2.5 sm:basis-auto">
        <span className="sr-only">{words.barReturn}. </span>
        {phase === 'recording' ? <span className="lamp size-3 shrink-0 rounded-full bg-deck-record" /> : null}
        {isPaused ? <PauseIcon size={14} /> : null}
        <span className="font-semibold">{words.state[phase]}</span>
        <span className="min-w-0 leading-tight text-deck-soft">
          <CapturedAndSafeLine />
        </span>
      </Link>
      {problem === null ? null : (
        <span role="alert" className="flex basis-full items-center gap-1.5 text-deck-warn sm:basis-auto">
          <WarningIcon size={16} />
          {problem}
        </span>
      )}
      {isTakeRunning(phase) ? (
        <span className="flex flex-1 gap-2 pb-1 sm:flex-none sm:pb-0">
          <BarButton label={isPaused ? words.resume : words.pause} onPress={toggle}>
            {isPaused ? <PlayIcon size={18} /> : <PauseIcon size={18} />}
          </BarButton>
          <BarButton label={words.stop} onPress={stop}>
            <StopIcon size={18} />
          </BarButton>
        </span>
      ) : null}
    </section>
  );
}

interface BarButtonProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly children: React.ReactNode;
}

function BarButton({ label, onPress, children }: BarButtonProps) {
  return (
    <button
      type="button"
      className="flex min-h-9 flex-1 items-center justify-center gap-1.5 rounded-lg border border-deck-line px-3 font-semibold hover:bg-white/10 pointer-coarse:min-h-11"
      onClick={onPress}
    >
      {children}
      {label}
    </button>
  );
}
