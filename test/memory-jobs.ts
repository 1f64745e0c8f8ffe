import { VoiceRecorderError } from '../src/model/failure.ts';
import type { ShownJob } from '../src/model/job.ts';
import type { Jobs } from '../src/voice-recorder.ts';

/** The port of jobs on a plain map. */
export interface MemoryJobs extends Jobs {
  add(fields: Partial<ShownJob> & Pick<ShownJob, 'id'>): ShownJob;
}

const NOW = '2026-11-22T21:32:05.000Z';

export function memoryJobs(): MemoryJobs {
  const jobs = new Map<string, ShownJob>();
  const change = async (id: string, change: (job: ShownJob) => Partial<ShownJob>): Promise<ShownJob> => {
    const job = jobs.get(id);
    if (!job) throw new VoiceRecorderError('job-unknown', `There is no job with the id ${id}.`);
    const changed = { ...job, ...change(job) };
    jobs.set(id, changed);
    return changed;
  };
  const countOf = (state: string) => [...jobs.values()].filter((job) => job.state === state).length;
  return {
    add: (fields) => {
      const job: ShownJob = {
        kind: 'peaks',
        payload: null,
        dedupeKey: null,
        priority: 'normal',
        state: 'queued',
        runAt: NOW,
        startedAt: null,
        attempts: 0,
        maxAttempts: 5,
        progress: 0,
        isCancelRequested: false,
        error: null,
        title: null,
        createdAt: NOW,
        modifiedAt: NOW,
        ...fields,
      };
      jobs.set(job.id, job);
      return job;
    },
    list: async ({ state, kind, since = '', limit = 100 } = {}) => ({
      items: [...jobs.values()]
        .filter(
          (job) => (state === undefined || job.state === state) && (kind === undefined || job.kind === kind),
        )
        .filter(({ modifiedAt }) => modifiedAt >= since)
        .slice(0, limit),
      counts: { queued: countOf('queued'), running: countOf('running'), dead: countOf('dead') },
    }),
    load: async () =>
      [...Map.groupBy(jobs.values(), ({ kind }) => kind)].map(([kind, all]) => {
        const count = (state: string) => all.filter((job) => job.state === state).length;
        const counts = { queued: count('queued'), running: count('running'), dead: count('dead') };
        return { kind, ...counts, oldestWaitSeconds: 0 };
      }),
    find: async (id) => jobs.get(id),
    retry: (id) => change(id, ({ state }) => (state === 'dead' ? { state: 'queued', attempts: 0 } : {})),
    cancel: (id) =>
      change(id, ({ state }) => (state === 'running' ? { isCancelRequested: true } : { state: 'cancelled' })),
  };
}
