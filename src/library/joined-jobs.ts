import type { RecordingRepository } from '../catalogue/recording-repository.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { type Job, type ShownJob, subjectOf } from '../model/job.ts';
import type { Jobs } from '../voice-recorder.ts';

export interface JobsDesk {
  readonly queue: Pick<JobQueue, 'list' | 'count' | 'load' | 'find' | 'retry' | 'cancel'>;
  readonly recordings: Pick<RecordingRepository, 'find' | 'listTake'>;
}

/** The queue as people see it: each job with the title of what it is about. */
export function joinJobs({ queue, recordings }: JobsDesk): Jobs {
  const titleOf = async (job: Job): Promise<string | null> => {
    const { recordingId, takeId } = subjectOf(job);
    if (recordingId !== null) return (await recordings.find(recordingId))?.title ?? null;
    return takeId === null ? null : ((await recordings.listTake(takeId))[0]?.title ?? null);
  };
  const shown = async (job: Job): Promise<ShownJob> => ({ ...job, title: await titleOf(job) });
  return {
    list: async (filter) => {
      const [jobs, counts] = await Promise.all([queue.list(filter), queue.count()]);
      // Several jobs are about one recording.
      const titles = new Map<string, Promise<string | null>>();
      const items = jobs.map(async (job): Promise<ShownJob> => {
        const { recordingId, takeId } = subjectOf(job);
        const key = recordingId ?? takeId ?? '';
        const title = titles.get(key) ?? titleOf(job);
        titles.set(key, title);
        return { ...job, title: await title };
      });
      return { items: await Promise.all(items), counts };
    },
    find: async (id) => {
      const job = await queue.find(id);
      return job && shown(job);
    },
    load: () => queue.load(),
    retry: async (id) => shown(await queue.retry(id)),
    cancel: async (id) => shown(await queue.cancel(id)),
  };
}
