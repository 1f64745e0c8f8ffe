/** `dead`: failed for good, waits for a person. */
export const JOB_STATES = ['queued', 'running', 'done', 'dead', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A piece of derived work that survives restarts. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  /** As it was enqueued: plain JSON. */
  readonly payload: unknown;
  readonly dedupeKey: string | null;
  readonly state: JobState;
  /** Not before; ISO 8601 UTC, as all dates here. */
  readonly runAt: string;
  /** Leases so far, the running one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Share from 0 to 1. */
  readonly progress: number;
  /** Running, and asked to stop. */
  readonly isCancelRequested: boolean;
  /** Of the last failed attempt. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly createdAt: string;
  readonly modifiedAt: string;
}

export interface NewJob {
  readonly kind: string;
  readonly payload: unknown;
  /** At most one queued or running job of this kind has this key. */
  readonly dedupeKey?: string;
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

export interface JobFilter {
  readonly state?: JobState;
  readonly kind?: string;
  /** 1 to 500; 100 when not given. */
  readonly limit?: number;
}

/**
 * The durable queue of derived work. What a method resolved with survives a crash. Times are the database's, so
 * that several processes agree. Methods that take a fence reject with `job-lease-lost` when it is out of date.
 */
export interface JobQueue {
  /** `isNew` is false when a pending job with the same kind and dedupe key stands for this one. */
  enqueue(job: NewJob): Promise<{ readonly job: Job; readonly isNew: boolean }>;

  /**
   * Hands out the job of these kinds that has been due longest, or one whose holder let its lease run out.
   * A job that was leased `maxAttempts` times without an end is dead (`job-abandoned`) and not handed out again.
   */
  lease(kinds: readonly string[], leaseMs: number): Promise<LeasedJob | undefined>;

  /** Prolongs the lease and notes the progress. Tells whether the job is to be stopped. */
  heartbeat(
    id: string,
    fence: number,
    beat: { readonly leaseMs: number; readonly progress?: number },
  ): Promise<{ readonly isCancelRequested: boolean }>;

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

  /** Frees every lease: only for the holder of the store's lock, at its start. Resolves to their number. */
  releaseAll(): Promise<number>;

  /** Forgets jobs that were done or cancelled longer ago than this. Dead ones stay. Resolves to their number. */
  forgetFinished(olderThanMs: number): Promise<number>;

  /** Calls `listener` after each committed change until the returned function is called. */
  subscribe(listener: (job: Job) => void): () => void;
}
