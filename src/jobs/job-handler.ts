import type { Job } from '../model/job.ts';

export interface JobContext {
  readonly job: Job;
  /** Proof that the job is held; `withFence` makes a transaction depend on it. */
  readonly fence: number;
  /**
   * What `work` writes into the database counts only while the job is held: one transaction, all sessions of `work`
   * join it. Rejects with `job-lease-lost`, before `work` began, when somebody else has leased the job meanwhile.
   */
  underFence<T>(work: () => Promise<T>): Promise<T>;
  /** Aborted when the job is cancelled, its lease is lost, or the program ends. */
  readonly signal: AbortSignal;
  /** Share from 0 to 1; written now and then, not each time. */
  reportProgress(share: number): void;
}

export interface JobHandler {
  /** Jobs of this kind running at once in one process, 1 or more; 1 when not given. */
  readonly concurrency?: number;
  /** Must bear being repeated: a crash after its end and before its entry makes it run again. */
  run(payload: unknown, context: JobContext): Promise<void>;
}
