import type { Job, JobCounts, JobFilter, JobLoad, JobPriority } from '../model/job.ts';

export interface NewJob {
  readonly kind: string;
  readonly payload: unknown;
  /** At most one queued or running job of this kind has this key. */
  readonly dedupeKey?: string;
  /** Normal when not given. */
  readonly priority?: JobPriority;
  /** Milliseconds from now, an hour at most; at once when not given. */
  readonly delayMs?: number;
  /** 5 when not given. */
  readonly maxAttempts?: number;
}

/** A job held for a time. `fence` proves the holding: it is out of date once somebody else leased the job. */
export interface LeasedJob extends Job {
  readonly fence: number;
}

export interface JobFault {
  readonly code: string;
  readonly message: string;
  readonly isRetryable: boolean;
}

/**
 * The durable queue of derived work. What a method resolved with survives a crash. Times are the database's, so
 * that several processes agree. Methods that take a fence reject with `job-lease-lost` when it is out of date.
 */
export interface JobQueue {
  /**
   * `isNew` is false when a pending job with the same kind and dedupe key stands for this one; it takes over a
   * higher priority.
   */
  enqueue(job: NewJob): Promise<{ readonly job: Job; readonly isNew: boolean }>;

  /**
   * Hands out, of the jobs of these kinds that are due, one of the highest priority, and of those the one that has
   * been due longest. What a holder let run out is due again. A job that was leased `maxAttempts` times without an
   * end is dead (`job-abandoned`) and not handed out any more.
   */
  lease(kinds: readonly string[], leaseMs: number): Promise<LeasedJob | undefined>;

  /** Prolongs the lease and notes the progress. Tells whether the job is to be stopped. */
  heartbeat(
    id: string,
    fence: number,
    beat: { readonly leaseMs: number; readonly progress?: number },
  ): Promise<{ readonly isCancelRequested: boolean }>;

  /** Runs `work` in one write session, which all of its own join, if this lease still holds the job then. */
  underFence<T>(id: string, fence: number, work: () => Promise<T>): Promise<T>;

  /** Harmless when this lease has completed it already, as `completeWithEffect` does. */
  complete(id: string, fence: number): Promise<Job>;

  /** Queued again after a random pause that grows with the attempts, or dead. */
  fail(id: string, fence: number, fault: JobFault): Promise<Job>;

  /** Gives the job back unharmed: the attempt does not count. */
  release(id: string, fence: number): Promise<Job>;

  /** Ends a running job whose cancellation was asked for. */
  acknowledgeCancel(id: string, fence: number): Promise<Job>;

  /** A queued job ends at once, a running one when its holder hears of it. Rejects with `job-unknown`. */
  cancel(id: string): Promise<Job>;

  /** Queues a dead or cancelled job anew, unless a twin is pending: then that one is the answer. */
  retry(id: string): Promise<Job>;

  find(id: string): Promise<Job | undefined>;

  /** Last changed first. */
  list(filter?: JobFilter): Promise<readonly Job[]>;

  count(): Promise<JobCounts>;

  /** The same by kind, with how long those that are due have been waiting. */
  load(): Promise<readonly JobLoad[]>;

  /**
   * Frees every lease of `holder` (this queue's own when not given) and those that name nobody: only for who takes
   * over that holder's name, at its start. Resolves to their number.
   */
  releaseAll(holder?: string): Promise<number>;

  /** Forgets jobs that were done or cancelled longer ago than this. Dead ones stay. Resolves to their number. */
  forgetFinished(olderThanMs: number): Promise<number>;

  /** Calls `listener` after each committed change of this process until the returned function is called. */
  subscribe(listener: (job: Job) => void): () => void;
}
