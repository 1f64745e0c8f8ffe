import { type Kysely, type RawBuilder, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import { JOB_PRIORITIES } from '../model/job.ts';
import { atHome } from '../sessions/at-home.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { LONGEST_DELAY_MS } from './back-off.ts';
import { afterMs, databaseNowMs, type JobRow } from './job-row.ts';

export interface LeaseWish {
  readonly leaseMs: number;
  /** Who asks. */
  readonly holder: string;
  /** The store whose jobs these are. */
  readonly home: string;
}

/** Columns that a change of state may set. */
export interface JobChange {
  readonly state: 'queued' | 'done' | 'dead' | 'cancelled';
  readonly delayMs?: number;
  readonly progress?: number;
  readonly fault?: { readonly code: string; readonly message: string };
  /** The attempt does not count. */
  readonly isAttemptReturned?: boolean;
}

// Written out, not bound: an index over some of the rows is used only where it can be seen that the rows are those.
const isQueued = sql<boolean>`state = 'queued'`;
const isRunning = sql<boolean>`state = 'running'`;

const ABANDONED_MESSAGE =
  'The program ended, or stopped answering, during every attempt at this job; it was not tried again.';

/** A place in the index of waiting jobs: what is due there begins with this moment. */
export type DuePlace = Pick<JobRow, 'kind' | 'priority' | 'run_at_ms'>;

/**
 * Leases the first job at the first of these places that has one. Others may do the same at the same time: a row that
 * somebody is just leasing is passed over, not waited for.
 */
export async function leaseAt(
  db: Kysely<StoreSchema>,
  places: readonly DuePlace[],
  { leaseMs, holder, home }: LeaseWish,
): Promise<JobRow | undefined> {
  for (const { kind, priority, run_at_ms } of places) {
    const first = db
      .selectFrom('jobs')
      .select('id')
      .where(isQueued)
      .where(atHome(db, home))
      .where('kind', '=', kind)
      .where('priority', '=', priority)
      .where('run_at_ms', '>=', run_at_ms)
      .where(({ eb, or }) => {
        const isDue = eb('run_at_ms', '<=', databaseNowMs(db));
        return or([isDue, eb('run_at_ms', '>', afterMs(db, LONGEST_DELAY_MS))]);
      })
      .orderBy('run_at_ms')
      .orderBy('id')
      .limit(1)
      .$if(dialectOf(db) === 'postgres', (query) => query.forUpdate().skipLocked());
    const leased = await db
      .updateTable('jobs')
      .set({
        state: 'running',
        attempts: sql`attempts + 1`,
        fence: sql`fence + 1`,
        holder,
        started_at_ms: databaseNowMs(db),
        leased_until_ms: afterMs(db, leaseMs),
        modified_at_ms: databaseNowMs(db),
      })
      .where('id', '=', first)
      .returningAll()
      .executeTakeFirst();
    if (leased) return leased;
  }
  return undefined;
}

/**
 * Where jobs of these kinds are due, in the order in which they should begin. One look into the index for each kind
 * and priority: a hundred thousand waiting jobs of another kind cost nothing.
 */
export async function findDue(
  db: Kysely<StoreSchema>,
  kinds: readonly string[],
  home: string,
): Promise<DuePlace[]> {
  const row = (value: unknown) => sql`(${value})`;
  const spans: [after: RawBuilder<number>, until: RawBuilder<number>][] = [
    [sql.lit(-1), databaseNowMs(db)],
    // Put off to a time that the clock, set back since, will not come to for long.
    [afterMs(db, LONGEST_DELAY_MS), sql.lit(Number.MAX_SAFE_INTEGER)],
  ];
  const { rows } = await sql<DuePlace>`
    SELECT kind, priority, run_at_ms FROM jobs WHERE id IN (
      SELECT (
        SELECT id FROM jobs
        WHERE state = 'queued' AND ${atHome(db, home)} AND kind = kinds.column1 AND priority = priorities.column1
          AND run_at_ms > spans.column1 AND run_at_ms <= spans.column2
        ORDER BY run_at_ms, id LIMIT 1
      )
      FROM (VALUES ${sql.join(kinds.map(row))}) AS kinds
      CROSS JOIN (VALUES ${sql.join(JOB_PRIORITIES.map((_, index) => row(sql.lit(index))))}) AS priorities
      CROSS JOIN (VALUES ${sql.join(spans.map(([after, until]) => sql`(${after}, ${until})`))}) AS spans
    )
    ORDER BY priority DESC, run_at_ms, id`.execute(db);
  return rows;
}

export async function hasExpiredLease(db: Kysely<StoreSchema>, home: string): Promise<boolean> {
  const expired = await db
    .selectFrom('jobs')
    .select('id')
    .where(isRunning)
    .where(atHome(db, home))
    .where('leased_until_ms', '<', databaseNowMs(db))
    .limit(1)
    .executeTakeFirst();
  return expired !== undefined;
}

/**
 * Ends leases that are void: those that ran out, or all of a holder that is gone. Their jobs wait again; those that
 * took their holder down each time are buried, and those that were cancelled are.
 */
export async function endVoidLeases(
  db: Kysely<StoreSchema>,
  which: 'expired' | { readonly heldBy: string },
  home: string,
): Promise<JobRow[]> {
  const now = databaseNowMs(db);
  const isExpired = which === 'expired';
  const isVoid = isExpired
    ? sql<boolean>`leased_until_ms < ${now}`
    : sql<boolean>`(holder = ${which.heldBy} OR holder IS NULL)`;
  const found = db
    .selectFrom('jobs')
    .select('id')
    .where(isRunning)
    .where(atHome(db, home))
    .where(isVoid)
    .$if(dialectOf(db) === 'postgres', (query) => query.forUpdate().skipLocked());
  const isSpent = sql<boolean>`is_cancel_requested = 0 AND attempts >= max_attempts`;
  return db
    .updateTable('jobs')
    .set({
      state: sql`CASE WHEN is_cancel_requested = 1 THEN 'cancelled' WHEN ${isSpent} THEN 'dead' ELSE 'queued' END`,
      error_code: sql`CASE WHEN ${isSpent} THEN 'job-abandoned' ELSE error_code END`,
      error_message: sql`CASE WHEN ${isSpent} THEN ${ABANDONED_MESSAGE} ELSE error_message END`,
      // Due since the end of the lease: it goes before what came later.
      run_at_ms: isExpired ? sql<number>`leased_until_ms` : now,
      leased_until_ms: null,
      holder: null,
      is_cancel_requested: 0,
      progress: 0,
      modified_at_ms: now,
    })
    .where('id', 'in', found)
    .returningAll()
    .execute();
}

/** Ends a lease. Rejects with `job-lease-lost` unless `fence` is the newest one of a running job. */
export async function endLease(
  db: Kysely<StoreSchema>,
  { id, fence }: { readonly id: string; readonly fence: number },
  change: JobChange,
): Promise<JobRow> {
  const row = await db
    .updateTable('jobs')
    .set({
      state: change.state,
      leased_until_ms: null,
      holder: null,
      is_cancel_requested: 0,
      modified_at_ms: databaseNowMs(db),
      ...(change.delayMs === undefined ? {} : { run_at_ms: afterMs(db, change.delayMs) }),
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
