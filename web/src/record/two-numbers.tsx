import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { CapturedIcon, SafeIcon } from '../ui/icons.tsx';
import { useCaptureValue } from './capture-context.tsx';

const words = STRINGS.record;

/** Captured and safe, side by side: what this browser holds, and what the server has on stable storage. */
export function TwoNumbers() {
  const captured = useCaptureValue((snapshot) => Math.floor(snapshot.capturedSeconds));
  const safe = useCaptureValue((snapshot) => Math.floor(snapshot.safeSeconds));
  return (
    <dl className="grid grid-cols-2 divide-x divide-deck-line" aria-label={words.timesLabel}>
      <div className="flex flex-col items-center px-2">
        <dt className="flex items-center gap-1.5 text-sm text-deck-soft">
          <CapturedIcon size={16} />
          <span>
            {words.captured} <span className="hidden sm:inline">{words.capturedWhere}</span>
          </span>
        </dt>
        <dd
          className="digits text-5xl leading-tight font-light tracking-tight sm:text-6xl lg:text-7xl"
          data-testid="captured"
        >
          {formatClock(captured)}
        </dd>
      </div>
      <div className="flex flex-col items-center px-2">
        <dt className="flex items-center gap-1.5 text-sm text-deck-safe">
          <SafeIcon size={16} />
          <span>
            {words.safe} {words.safeWhere}
          </span>
        </dt>
        <dd
          className="digits text-5xl leading-tight font-light tracking-tight text-deck-safe sm:text-6xl lg:text-7xl"
          data-testid="safe"
        >
          {formatClock(safe)}
        </dd>
      </div>
    </dl>
  );
}
