import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { FixityCheck } from '../model/verification.ts';
import type { ReadingOptions } from './verifier.ts';

const KIND = 'patrol';
const RECONCILE = { kind: 'reconcile', payload: {}, dedupeKey: 'reconcile', priority: 'low' } as const;
const FIRST_RECONCILE_MS = 10 * 60_000;
const FIRST_ROUND_MS = 60_000;
const ROUND_MS = 10 * 60_000;
const BATCH_SIZE = 20;
const LOOK_AROUND_MS = 250;
// Never nothing: a store that somebody always records into is checked as well.
const BUSY_SHARE = 0.1;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface PatrolDesk {
  readonly clock: Clock;
  readonly queue: Pick<JobQueue, 'enqueue'>;
  /** Recordings that were not checked since `before`, the longest ago first. */
  listOldest(limit: number, before: string): Promise<readonly Recording[]>;
  countDue(before: string): Promise<number>;
  verify(id: RecordingId, options: ReadingOptions): Promise<FixityCheck>;
  /** A pace of its own, which nobody else reads at. */
  readonly pace: NonNullable<NonNullable<ReadingOptions>['pace']>;
  readonly bytesPerSecond: number;
  /** How old a check may grow. */
  readonly days: number;
  /** True while uploads or imports come in: they go first. */
  isBusy(): boolean;
  onFault(check: FixityCheck): void;
  onFailure(error: unknown): void;
}

/**
 * Reads every original again in the background, the one whose last check is the longest ago first, until none is
 * older than `days`. What was checked is entered one by one, so a stop or a crash costs the file at hand only.
 */
export function patrolHandler(desk: PatrolDesk): JobHandler {
  return {
    run: async (_payload, { signal, reportProgress }) => {
      const before = dueBefore(desk);
      const dueCount = await desk.countDue(before);
      let doneCount = 0;
      const adapt = () => desk.pace.limit(desk.bytesPerSecond * (desk.isBusy() ? BUSY_SHARE : 1));
      adapt();
      const timer = setInterval(adapt, LOOK_AROUND_MS);
      try {
        for (;;) {
          const due = await desk.listOldest(BATCH_SIZE, before);
          if (due.length === 0) return;
          for (const { id } of due) {
            await patrolOne(desk, id, signal);
            doneCount += 1;
            reportProgress(Math.min(1, doneCount / dueCount));
          }
        }
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/**
 * Looks from time to time whether a check is due, and has catalogue and files compared once a day, until the returned
 * function is called.
 */
export function startPatrol(desk: PatrolDesk): () => void {
  const round = async () => {
    if ((await desk.countDue(dueBefore(desk))) === 0) return;
    await desk.queue.enqueue({ kind: KIND, payload: {}, dedupeKey: KIND, priority: 'low' });
  };
  const stopRounds = repeat(FIRST_ROUND_MS, ROUND_MS, () => {
    round().catch(desk.onFailure);
  });
  const stopReconciling = repeat(FIRST_RECONCILE_MS, DAY_MS, () => {
    desk.queue.enqueue(RECONCILE).catch(desk.onFailure);
  });
  return () => {
    stopRounds();
    stopReconciling();
  };
}

function repeat(firstMs: number, everyMs: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const waitFor = (delayMs: number) => {
    timer = setTimeout(() => {
      work();
      waitFor(everyMs);
    }, delayMs).unref();
  };
  waitFor(firstMs);
  return () => clearTimeout(timer);
}

async function patrolOne(desk: PatrolDesk, id: RecordingId, signal: AbortSignal): Promise<void> {
  try {
    const check = await desk.verify(id, { signal, pace: desk.pace });
    if (check.result !== 'ok') desk.onFault(check);
  } catch (error) {
    // Removed for good since the list was read.
    if (failureCodeOf(error) !== 'recording-unknown') throw error;
  }
}

function dueBefore(desk: PatrolDesk): string {
  return toIsoUtc(desk.clock.nowMs() - desk.days * DAY_MS);
}
