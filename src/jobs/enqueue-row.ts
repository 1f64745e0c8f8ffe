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

/** Adds a job, or finds the pending one that stands for it. */
export async function enqueueRow(
  db: Kysely<StoreSchema>,
  id: string,
  wanted: NewJob & { readonly maxAttempts: number },
): Promise<EnqueuedRow> {
  const priority = JOB_PRIORITIES.indexOf(wanted.priority ?? 'normal');
  const values = {
    id,
    kind: wanted.kind,
    payload: JSON.stringify(wanted.payload ?? null),
    dedupe_key: wanted.dedupeKey ?? null,
    priority,
    state: 'queued',
    run_at_ms: afterMs(db, Math.min(LONGEST_DELAY_MS, wanted.delayMs ?? 0)),
    attempts: 0,
    max_attempts: wanted.maxAttempts,
    progress: 0,
    fence: 0,
    is_cancel_requested: 0,
    created_at_ms: databaseNowMs(db),
    modified_at_ms: databaseNowMs(db),
  };
  for (let tries = 0; tries < TRIES; tries++) {
    // What stands in the way is the one pending job of this kind and key, which another process may just be adding.
    const added = await db
      .insertInto('jobs')
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (added) return { row: added, isNew: true, isRaised: false };
    const twin = await findPending(db, wanted.kind, values.dedupe_key);
    if (!twin) continue;
    if (twin.state !== 'queued' || twin.priority >= priority)
      return { row: twin, isNew: false, isRaised: false };
    const raised = await updateRow(db, twin.id, { priority, modified_at_ms: databaseNowMs(db) });
    return { row: raised, isNew: false, isRaised: true };
  }
  throw new VoiceRecorderError(
    'catalogue-busy',
    `The job ${wanted.kind} (${wanted.dedupeKey}) could not be noted down: others like it came and went. Try again.`,
  );
}
