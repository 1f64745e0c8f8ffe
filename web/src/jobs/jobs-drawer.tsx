import { type ReactNode, useEffect, useState } from 'react';
import type { ShownJob } from '../../../src/model/job.ts';
import { messageOf } from '../api/http.ts';
import { useJobs } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { FailedJob, FinishedJob, RunningJob } from './job-row.tsx';
import { useRetry } from './use-retry.ts';

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
  const close = () => setOpen(false);
  return (
    <Dialog look="drawer" heading={words.heading} onClose={close}>
      <p className="-mt-2 mb-4 text-ink-soft">{words.body}</p>
      <div className="grid gap-6">
        <Running onLeave={close} />
        <Failed onLeave={close} />
        <Finished onLeave={close} />
      </div>
    </Dialog>
  );
}

interface PartProps {
  readonly onLeave: () => void;
}

function Running({ onLeave }: PartProps) {
  const { data, error } = useJobs('running');
  if (error && !data) return <Notice kind="problem">{`${words.noList} ${messageOf(error)}`}</Notice>;
  if (!data) return null;
  const { queued } = data.counts;
  return (
    <Part id="jobs-running" heading={words.running}>
      {data.items.length === 0 ? <p className="text-ink-soft">{words.nothingRuns}</p> : null}
      <ul className="divide-y divide-line">
        {data.items.toSorted(byBeginning).map((job) => (
          <RunningJob key={job.id} job={job} onLeave={onLeave} />
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

function Failed({ onLeave }: PartProps) {
  const { data } = useJobs('dead');
  const { busyId, retry } = useRetry();
  if (!data || data.items.length === 0) return null;
  return (
    <Part id="jobs-failed" heading={words.failed}>
      <ul className="divide-y divide-line">
        {data.items.map((job) => (
          <FailedJob
            key={job.id}
            job={job}
            onLeave={onLeave}
            isBusy={busyId === job.id}
            onRetry={() => retry(job)}
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
