import type { Kysely } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import { JOB_PRIORITIES } from '../model/job.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { LONGEST_DELAY_MS } from './back-off.ts';
import { findPending, updateRow } from './find-job-row.ts';
import type { NewJob } from './job-queue.ts';
import { afterMs, databaseNowMs, type JobRow } from './job-row.ts';

// A twin that stood in the way may end before it was read; that happens once, not again and again.
const TRIES = 5;

export interface EnqueuedRow {
  readonly row: JobRow;
  readonly isNew: boolean;
  /** True for one that was there and took over the higher priority. */
  readonly isRaised: boolean;
}

export interface WantedRow extends NewJob {
  readonly id: string;
  readonly maxAttempts: number;
}

/** Adds jobs, or finds for each the pending one that stands for it. */
export async function enqueueRows(
  db: Kysely<StoreSchema>,
  wanted: readonly WantedRow[],
  home: string,
): Promise<readonly EnqueuedRow[]> {
  // What stands in the way is the one pending job of this kind and key, which another process may just be adding.
  const added = await db
    .insertInto('jobs')
    .values(wanted.map((job) => valuesOf(db, job, home)))
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .execute();
  const rowOf = new Map(added.map((row) => [row.id, row]));
  const enqueued: EnqueuedRow[] = [];
  for (const job of wanted) {
    const row = rowOf.get(job.id);
    enqueued.push(row ? { row, isNew: true, isRaised: false } : await findTwin(db, job, home));
  }
  return enqueued;
}

function valuesOf(db: Kysely<StoreSchema>, job: WantedRow, home: string) {
  return {
    id: job.id,
    kind: job.kind,
    payload: JSON.stringify(job.payload ?? null),
    dedupe_key: job.dedupeKey ?? null,
    priority: priorityOf(job),
    state: 'queued',
    run_at_ms: afterMs(db, Math.min(LONGEST_DELAY_MS, job.delayMs ?? 0)),
    attempts: 0,
    max_attempts: job.maxAttempts,
    progress: 0,
    fence: 0,
    is_cancel_requested: 0,
    created_at_ms: databaseNowMs(db),
    modified_at_ms: databaseNowMs(db),
    store_id: home,
  };
}

function priorityOf(job: NewJob): number {
  return JOB_PRIORITIES.indexOf(job.priority ?? 'normal');
}

async function findTwin(db: Kysely<StoreSchema>, job: WantedRow, home: string): Promise<EnqueuedRow> {
  const priority = priorityOf(job);
  for (let tries = 0; tries < TRIES; tries++) {
    const twin = await findPending(db, job.kind, job.dedupeKey ?? null, home);
    if (twin && (twin.state !== 'queued' || twin.priority >= priority))
      return { row: twin, isNew: false, isRaised: false };
    if (twin) {
      const raised = await updateRow(db, twin.id, { priority, modified_at_ms: databaseNowMs(db) });
      return { row: raised, isNew: false, isRaised: true };
    }
    const added = await db
      .insertInto('jobs')
      .values(valuesOf(db, job, home))
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (added) return { row: added, isNew: true, isRaised: false };
  }
  throw new VoiceRecorderError(
    'catalogue-busy',
    `The job ${job.kind} (${job.dedupeKey}) could not be noted down: others like it came and went. Try again.`,
  );
}
