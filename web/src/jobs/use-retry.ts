import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShownJob } from '../../../src/model/job.ts';
import { messageOf } from '../api/http.ts';
import { retryJob } from '../api/jobs.ts';
import { KEYS } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';
import { nameOf } from './job-row.tsx';

const words = STRINGS.jobs;

/** Has failed jobs tried again, one at a time, and says what became of it. */
export function useRetry() {
  const [busyId, setBusyId] = useState<string>();
  const queries = useQueryClient();
  const toast = useToast();

  async function run(job: ShownJob): Promise<void> {
    setBusyId(job.id);
    try {
      await retryJob(job.id);
      toast({ message: words.retried(nameOf(job)) });
    } catch (error) {
      toast({ kind: 'error', message: words.notRetried(messageOf(error)) });
    } finally {
      await queries.invalidateQueries({ queryKey: KEYS.jobs });
      setBusyId(undefined);
    }
  }

  return { busyId, retry: (job: ShownJob) => void run(job) };
}
