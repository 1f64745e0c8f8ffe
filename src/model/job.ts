/** `dead`: failed for good, waits for a person. */
export const JOB_STATES = ['queued', 'running', 'done', 'dead', 'cancelled'] as const;
/** What became of a job so far; see {@link JOB_STATES}. */
export type JobState = (typeof JOB_STATES)[number];

/** From what nobody waits for to what somebody looks at; of the jobs that are due, the higher ones begin first. */
export const JOB_PRIORITIES = ['low', 'normal', 'high'] as const;
/** How much a job matters; see {@link JOB_PRIORITIES}. */
export type JobPriority = (typeof JOB_PRIORITIES)[number];

/** A piece of derived work that survives restarts. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  /** As it was enqueued: plain JSON. */
  readonly payload: unknown;
  readonly dedupeKey: string | null;
  readonly priority: JobPriority;
  readonly state: JobState;
  /** Not before; ISO 8601 UTC, as all dates here. */
  readonly runAt: string;
  /** When its last attempt began; null before the first one. */
  readonly startedAt: string | null;
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

/** Which jobs are wanted; all of them when nothing is given. */
export interface JobFilter {
  readonly state?: JobState;
  readonly kind?: string;
  /** Only those that changed since then: ISO 8601. */
  readonly since?: string;
  /** 1 to 500; 100 when not given. */
  readonly limit?: number;
}

/** How many wait, run and failed for good. */
export type JobCounts = Readonly<Record<'queued' | 'running' | 'dead', number>>;

/** The work of one kind that waits, runs or failed for good. */
export interface JobLoad extends JobCounts {
  readonly kind: string;
  /** How long the one that is due longest has been waiting; 0 when none is due. */
  readonly oldestWaitSeconds: number;
}

/** A job as people see it. */
export interface ShownJob extends Job {
  /** Of the recording it is about; null when it is about none, or about one that is gone. */
  readonly title: string | null;
}

/** A list of jobs, beside the number of all that wait, run and failed. */
export interface JobPage {
  /** Last changed first. */
  readonly items: readonly ShownJob[];
  readonly counts: JobCounts;
}

/** The recording or take that a job is about, as its payload says. */
export function subjectOf(job: Pick<Job, 'payload'>): { recordingId: string | null; takeId: string | null } {
  const payload = (job.payload ?? {}) as { readonly recordingId?: unknown; readonly takeId?: unknown };
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return { recordingId: text(payload.recordingId), takeId: text(payload.takeId) };
}

/** At less than this nothing can be said about the rest. */
const FIRST_SHARE = 0.01;

/**
 * Seconds that a running job still takes if it goes on as it did so far; null where that cannot be told. Both moments
 * it is judged by are the database's, so that no other clock matters.
 */
export function secondsLeft(
  job: Pick<Job, 'state' | 'progress' | 'startedAt' | 'modifiedAt'>,
): number | null {
  const { state, progress, startedAt, modifiedAt } = job;
  if (state !== 'running' || startedAt === null || progress < FIRST_SHARE) return null;
  const soFarSeconds = (Date.parse(modifiedAt) - Date.parse(startedAt)) / 1000;
  return soFarSeconds <= 0 ? null : (soFarSeconds * (1 - progress)) / progress;
}
