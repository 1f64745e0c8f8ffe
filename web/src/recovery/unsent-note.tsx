import { Link } from '@tanstack/react-router';
import { STRINGS } from '../strings.ts';
import { CapturedIcon } from '../ui/icons.tsx';
import { useUnsentTakes } from './use-local-takes.ts';

const words = STRINGS.recovery;

/** On the recorder: how many takes this browser still keeps, and the way to them. */
export function UnsentNote() {
  const count = useUnsentTakes()?.length ?? 0;
  if (count === 0) return null;
  return (
    <section className="sheet flex flex-wrap items-center gap-x-4 gap-y-3 p-5" aria-labelledby="unsent-takes">
      <CapturedIcon size={24} className="shrink-0 text-warn" />
      <div className="min-w-48 flex-1">
        <h2 id="unsent-takes" className="font-semibold">
          {words.countHeading(count)}
        </h2>
        <p className="text-sm text-ink-soft">{words.countBody}</p>
      </div>
      <Link to="/recovery" className="button">
        {words.open}
      </Link>
    </section>
  );
}
