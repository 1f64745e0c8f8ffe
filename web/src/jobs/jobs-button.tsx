import { useJobs } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { JobsIcon } from '../ui/icons.tsx';
import { openJobsDrawer } from './jobs-drawer.tsx';

const words = STRINGS.jobs;

/** Opens the drawer, and says how many jobs run; in the rail beside the pages, or in the bar below them. */
export function JobsButton({ place }: { readonly place: 'rail' | 'bar' }) {
  const { data } = useJobs('running');
  const { running, dead } = data?.counts ?? { running: 0, dead: 0 };
  const isRail = place === 'rail';
  return (
    <button
      type="button"
      className={
        isRail
          ? 'button button-plain w-full gap-3 px-2'
          : 'flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 border-t-2 border-transparent text-xs text-ink-soft'
      }
      onClick={openJobsDrawer}
      aria-haspopup="dialog"
      aria-label={words.button(running, dead)}
    >
      <span className="relative">
        <JobsIcon size={22} />
        {running > 0 ? (
          // No text of its own: the name of the button says the number, after the word that everybody sees.
          <span
            data-count={running}
            className="digits absolute -top-1.5 -right-2 min-w-4 rounded-full bg-petrol px-1 text-center text-[0.6875rem] leading-4 font-semibold text-on-petrol before:content-[attr(data-count)]"
          />
        ) : null}
        {dead > 0 ? (
          <span className="absolute -bottom-0.5 -left-1.5 size-2.5 rounded-full border-2 border-sheet bg-record" />
        ) : null}
      </span>
      <span className={isRail ? 'hidden xl:inline' : ''}>{words.heading}</span>
    </button>
  );
}
