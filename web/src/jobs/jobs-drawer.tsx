import { type ReactNode, useEffect, useState } from 'react';
import type { ShownJob } from '../../../src/model/job.ts';
import { messageOf } from '../api/http.ts';
import { useJobs, useSession } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { useKeptFocus } from '../ui/use-kept-focus.ts';
import { FinishedJob, RetryableJob, RunningJob } from './job-row.tsx';
import { type JobActions, useJobActions } from './use-job-actions.ts';

const words = STRINGS.jobs;
const OPEN_EVENT = 'vrp:open-jobs';

export function openJobsDrawer(): void {
  window.dispatchEvent(new Event(OPEN_EVENT));
}

/** What the server does in the background: opened by its button, over whatever page is there. */
export function JobsDrawer() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const open = () => setOpen(true);
    window.addEventListener(OPEN_EVENT, open);
    return () => window.removeEventListener(OPEN_EVENT, open);
  }, []);
  if (!isOpen) return null;
  return <OpenDrawer onClose={() => setOpen(false)} />;
}

function OpenDrawer({ onClose }: { readonly onClose: () => void }) {
  const actions = useJobActions();
  const { said } = actions;
  const place = useKeptFocus<HTMLDivElement>();
  return (
    <Dialog look="drawer" heading={words.heading} onClose={onClose}>
      <p className="-mt-2 mb-4 text-ink-soft">{words.body}</p>
      {/* In the dialog itself: nobody hears or reads what is said on the page behind it. */}
      <div role="status" className="break-words">
        {said && !said.isFailure ? <p className="mb-4">{said.text}</p> : null}
      </div>
      <div role="alert" className="break-words text-record">
        {said?.isFailure ? <p className="mb-4">{said.text}</p> : null}
      </div>
      <div ref={place} tabIndex={-1} className="grid gap-6 outline-none">
        <Running onLeave={onClose} actions={actions} />
        <Retryable section="dead" heading={words.failed} onLeave={onClose} actions={actions} />
        <Retryable section="cancelled" heading={words.cancelledToday} onLeave={onClose} actions={actions} />
        <Finished onLeave={onClose} />
      </div>
    </Dialog>
  );
}

interface PartProps {
  readonly onLeave: () => void;
}

interface ActivePartProps extends PartProps {
  readonly actions: JobActions;
}

function Running({ onLeave, actions }: ActivePartProps) {
  const { data, error } = useJobs('running');
  const isAdmin = useSession().data?.role === 'admin';
  if (error && !data) return <Notice kind="problem">{`${words.noList} ${messageOf(error)}`}</Notice>;
  if (!data) return null;
  const { queued } = data.counts;
  return (
    <Part id="jobs-running" heading={words.running}>
      {data.items.length === 0 ? <p className="text-ink-soft">{words.nothingRuns}</p> : null}
      <ul className="divide-y divide-line">
        {data.items.toSorted(byBeginning).map((job) => (
          <RunningJob
            key={job.id}
            job={job}
            onLeave={onLeave}
            isBusy={actions.busyId === job.id}
            onCancel={isAdmin ? () => actions.cancel(job) : undefined}
          />
        ))}
      </ul>
      {queued > 0 ? (
        <p className="digits mt-1 text-ink-soft">
          {words.waiting(new Intl.NumberFormat().format(queued), queued === 1)}
        </p>
      ) : null}
    </Part>
  );
}

interface RetryableProps extends ActivePartProps {
  readonly section: 'dead' | 'cancelled';
  readonly heading: string;
}

function Retryable({ section, heading, onLeave, actions }: RetryableProps) {
  const { data } = useJobs(section);
  if (!data || data.items.length === 0) return null;
  return (
    <Part id={`jobs-${section}`} heading={heading}>
      <ul className="divide-y divide-line">
        {data.items.map((job) => (
          <RetryableJob
            key={job.id}
            job={job}
            onLeave={onLeave}
            isBusy={actions.busyId === job.id}
            onRetry={() => actions.retry(job)}
          />
        ))}
      </ul>
    </Part>
  );
}

function Finished({ onLeave }: PartProps) {
  const { data } = useJobs('done');
  if (!data) return null;
  return (
    <Part id="jobs-finished" heading={words.finished}>
      {data.items.length === 0 ? <p className="text-ink-soft">{words.nothingFinished}</p> : null}
      <ul className="divide-y divide-line">
        {data.items.map((job) => (
          <FinishedJob key={job.id} job={job} onLeave={onLeave} />
        ))}
      </ul>
    </Part>
  );
}

function Part(props: { readonly id: string; readonly heading: string; readonly children: ReactNode }) {
  return (
    <section aria-labelledby={props.id}>
      <h3 id={props.id} className="mb-1 text-sm font-semibold text-ink-soft">
        {props.heading}
      </h3>
      {props.children}
    </section>
  );
}

/** Each stays in its line while others come and go. */
function byBeginning(a: ShownJob, b: ShownJob): number {
  return (a.startedAt ?? '').localeCompare(b.startedAt ?? '') || a.id.localeCompare(b.id);
}
