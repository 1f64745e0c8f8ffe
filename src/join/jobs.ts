import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';

const FINISHED_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

export interface JobParts {
  readonly queue: JobQueue;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  publish(event: RecorderEvent): void;
  readonly onFault: (error: unknown) => void;
}

/** Takes up what an earlier run of this node left, and runs jobs until the returned function is called. */
export async function startJobs({
  queue,
  handlers,
  publish,
  onFault,
}: JobParts): Promise<() => Promise<void>> {
  await queue.releaseAll();
  await queue.forgetFinished(FINISHED_KEPT_MS);
  const unsubscribe = queue.subscribe(({ id, kind, state, progress, modifiedAt }) =>
    publish({ type: 'job-changed', jobId: id, kind, state, progress, changedAt: modifiedAt }),
  );
  const runner = new JobRunner({ queue, handlers, onFault });
  runner.start();
  return async () => {
    await runner.stop();
    unsubscribe();
  };
}
