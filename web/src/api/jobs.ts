import type { QueryClient } from '@tanstack/react-query';
import type { JobPage, ShownJob } from '../../../src/model/job.ts';
import type { RecorderEvent } from '../../../src/model/recorder-event.ts';
import { requestJson } from './http.ts';

/** What the drawer shows: what runs, what failed, what was cancelled or done since midnight. */
export type JobSection = 'running' | 'dead' | 'cancelled' | 'done';

const FINISHED_SHOWN = 30;

export function fetchJobs(section: JobSection, signal?: AbortSignal): Promise<JobPage> {
  const search = new URLSearchParams({ state: section });
  if (section === 'done' || section === 'cancelled') {
    search.set('since', new Date(new Date().setHours(0, 0, 0, 0)).toISOString());
    search.set('limit', String(FINISHED_SHOWN));
  }
  return requestJson(`/api/jobs?${search}`, { signal });
}

export function retryJob(id: string): Promise<ShownJob> {
  return requestJson(`/api/jobs/${encodeURIComponent(id)}/retry`, { method: 'POST' });
}

/** A waiting job ends at once, a running one when it hears of it. */
export function cancelJob(id: string): Promise<ShownJob> {
  return requestJson(`/api/jobs/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
}

/** Moves the progress of a running job that is shown. False when the lists must be asked for again. */
export function noteProgress(
  queries: QueryClient,
  queryKey: readonly string[],
  event: Extract<RecorderEvent, { type: 'job-changed' }>,
): boolean {
  const page = queries.getQueryData<JobPage>(queryKey);
  if (event.state !== 'running' || !page?.items.some(({ id }) => id === event.jobId)) return false;
  queries.setQueryData<JobPage>(queryKey, {
    ...page,
    items: page.items.map((job) =>
      job.id === event.jobId ? { ...job, progress: event.progress, modifiedAt: event.changedAt } : job,
    ),
  });
  return true;
}
