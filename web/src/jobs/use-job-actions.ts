import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShownJob } from '../../../src/model/job.ts';
import { messageOf } from '../api/http.ts';
import { cancelJob, retryJob } from '../api/jobs.ts';
import { KEYS } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { nameOf } from './job-row.tsx';

const words = STRINGS.jobs;

/** What became of the last thing a person wanted. */
interface Said {
  readonly text: string;
  readonly isFailure: boolean;
}

export interface JobActions {
  readonly busyId: string | undefined;
  readonly said: Said | undefined;
  retry(job: ShownJob): void;
  cancel(job: ShownJob): void;
}

/** Has jobs tried again or cancelled, one at a time. */
export function useJobActions(): JobActions {
  const [busyId, setBusyId] = useState<string>();
  const [said, setSaid] = useState<Said>();
  const queries = useQueryClient();

  async function run(job: ShownJob, act: () => Promise<string>, failed: (reason: string) => string) {
    setBusyId(job.id);
    try {
      setSaid({ text: await act(), isFailure: false });
    } catch (error) {
      setSaid({ text: failed(messageOf(error)), isFailure: true });
    } finally {
      await queries.invalidateQueries({ queryKey: KEYS.jobs });
      setBusyId(undefined);
    }
  }

  async function retry(job: ShownJob): Promise<string> {
    await retryJob(job.id);
    return words.retried(nameOf(job));
  }

  async function cancel(job: ShownJob): Promise<string> {
    const { state } = await cancelJob(job.id);
    if (state === 'cancelled') return words.cancelled(nameOf(job));
    return state === 'running' ? words.willStop(nameOf(job)) : words.overAlready(nameOf(job));
  }

  return {
    busyId,
    said,
    retry: (job) => void run(job, () => retry(job), words.notRetried),
    cancel: (job) => void run(job, () => cancel(job), words.notCancelled),
  };
}
