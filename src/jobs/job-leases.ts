import { type Kysely, type RawBuilder, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { LONGEST_DELAY_MS } from './back-off.ts';
import { afterMs, databaseNowMs, type JobRow } from './job-row.ts';

/** Columns that a change of state may set. */
export interface JobChange {
  readonly state: 'queued' | 'done' | 'dead' | 'cancelled';
  readonly delayMs?: number;
  readonly progress?: number;
  readonly fault?: { readonly code: string; readonly message: string };
  /** The attempt does not count. */
  readonly isAttemptReturned?: boolean;
}

// Written out, not bound: SQLite uses an index over some of the rows only when it can see that the rows are those.
const isRunning = sql<boolean>`state = 'running'`;

const ABANDONED_MESSAGE =
  'The program ended, or stopped answering, during every attempt at this job; it was not tried again.';

/**
 * Leases the job that has been due longest; expired leases count as due since their end. One look into the index
 * for each kind: a hundred thousand waiting jobs of another kind cost nothing.
 */
export async function leaseRow(
  db: Kysely<StoreSchema>,
  kinds: readonly string[],
  leaseMs: number,
): Promise<JobRow | undefined> {
  const firstOf = (kind: string, span: RawBuilder<unknown>) =>
    sql`SELECT * FROM (SELECT id, run_at_ms AS due_at_ms FROM jobs
      WHERE state = 'queued' AND kind = ${kind} AND run_at_ms ${span} ORDER BY run_at_ms, id LIMIT 1)`;
  const waiting = kinds.flatMap((kind) => [
    firstOf(kind, sql`<= ${databaseNowMs}`),
    // Put off to a time that the clock, set back since, will not come to for long.
    firstOf(kind, sql`> ${afterMs(LONGEST_DELAY_MS)}`),
  ]);
  const expired = sql`SELECT id, leased_until_ms AS due_at_ms FROM jobs
    WHERE state = 'running' AND leased_until_ms < ${databaseNowMs} AND kind IN (${sql.join(kinds)})
      AND attempts < max_attempts AND is_cancel_requested = 0`;
  const due = sql.join([...waiting, expired], sql` UNION ALL `);
  return db
    .updateTable('jobs')
    .set({
      state: 'running',
      attempts: sql`attempts + 1`,
      fence: sql`fence + 1`,
      leased_until_ms: afterMs(leaseMs),
      modified_at_ms: databaseNowMs,
    })
    .where(sql<boolean>`id = (SELECT id FROM (${due}) ORDER BY due_at_ms, id LIMIT 1)`)
    .returningAll()
    .executeTakeFirst();
}

/** Buries the jobs that took their holder down each time, or were cancelled under a holder that is gone. */
export async function buryAbandoned(db: Kysely<StoreSchema>, isEveryLeaseVoid: boolean): Promise<JobRow[]> {
  const ended = await db
    .updateTable('jobs')
    .set({
      state: sql`CASE is_cancel_requested WHEN 1 THEN 'cancelled' ELSE 'dead' END`,
      leased_until_ms: null,
      error_code: sql`CASE is_cancel_requested WHEN 1 THEN error_code ELSE 'job-abandoned' END`,
      error_message: sql`CASE is_cancel_requested WHEN 1 THEN error_message ELSE ${ABANDONED_MESSAGE} END`,
      modified_at_ms: databaseNowMs,
    })
    .where(isRunning)
    .$if(!isEveryLeaseVoid, (query) => query.where('leased_until_ms', '<', databaseNowMs))
    .where(({ eb, or, ref }) =>
      or([eb('attempts', '>=', ref('max_attempts')), eb('is_cancel_requested', '=', 1)]),
    )
    .returningAll()
    .execute();
  return ended;
}

/** Ends a lease. Rejects with `job-lease-lost` unless `fence` is the newest one of a running job. */
export async function endLease(
  db: Kysely<StoreSchema>,
  id: string,
  fence: number,
  change: JobChange,
): Promise<JobRow> {
  const row = await db
    .updateTable('jobs')
    .set({
      state: change.state,
      leased_until_ms: null,
      is_cancel_requested: 0,
      modified_at_ms: databaseNowMs,
      ...(change.delayMs === undefined ? {} : { run_at_ms: afterMs(change.delayMs) }),
      ...(change.progress === undefined ? {} : { progress: change.progress }),
      ...(change.isAttemptReturned ? { attempts: sql`attempts - 1` } : {}),
      ...(change.fault ? { error_code: change.fault.code, error_message: change.fault.message } : {}),
    })
    .where('id', '=', id)
    .where('fence', '=', fence)
    .where('state', '=', 'running')
    .returningAll()
    .executeTakeFirst();
  return row ?? leaseLost(id, fence);
}

export function leaseLost(id: string, fence: number): never {
  throw new VoiceRecorderError(
    'job-lease-lost',
    `The lease ${fence} on job ${id} has ended: it ran out and the job was given to another holder, or was ended.`,
  );
}
