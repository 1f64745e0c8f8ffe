import { failureCodeOf } from '../model/failure.ts';
import type { JobFilter, JobPage, ShownJob } from '../model/job.ts';
import type { Jobs } from '../voice-recorder.ts';
import type { ApiClient } from './api-client.ts';

/** What `vrp jobs` needs, wherever the library is open. */
export interface JobsDoor extends Omit<Jobs, 'load'> {
  /** True in front of a server, which runs jobs; a command by itself runs none. */
  readonly isRunning: boolean;
}

export function jobsInProcess(jobs: Jobs): JobsDoor {
  return { ...jobs, isRunning: false };
}

export function jobsThroughServer(api: ApiClient): JobsDoor {
  const pathOf = (id: string) => `/api/jobs/${encodeURIComponent(id)}`;
  const post = async (id: string, what: string) =>
    (await api.request('POST', `${pathOf(id)}/${what}`)).json as ShownJob;
  return {
    isRunning: true,
    list: async (filter: JobFilter = {}) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(filter)) search.set(name, String(value));
      return (await api.request('GET', `/api/jobs?${search}`)).json as JobPage;
    },
    find: async (id) => {
      try {
        return (await api.request('GET', pathOf(id))).json as ShownJob;
      } catch (error) {
        if (failureCodeOf(error) === 'job-unknown') return undefined;
        throw error;
      }
    },
    retry: (id) => post(id, 'retry'),
    cancel: (id) => post(id, 'cancel'),
  };
}
