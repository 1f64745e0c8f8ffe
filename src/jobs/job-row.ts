import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { toIsoUtc } from '../model/clock.ts';
import { JOB_PRIORITIES, type Job, type JobState } from '../model/job.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { JobTable, StoreSchema } from '../sessions/schema.ts';
import { parseStored } from '../sessions/stored-json.ts';

export type JobRow = Selectable<JobTable>;

const NOW_MS = {
  sqlite: sql<number>`CAST(unixepoch('subsec') * 1000 AS INTEGER)`,
  // The statement's time and not the clock's: only what stands still while a statement runs finds its way by an index.
  postgres: sql<number>`CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)`,
} as const;

/** The database's clock in milliseconds since 1970. */
export function databaseNowMs(db: Kysely<StoreSchema>): RawBuilder<number> {
  return NOW_MS[dialectOf(db)];
}

export function afterMs(db: Kysely<StoreSchema>, durationMs: number): RawBuilder<number> {
  return sql<number>`${databaseNowMs(db)} + ${Math.round(durationMs)}`;
}

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    payload: parseStored<unknown>(row.payload, () => `job ${row.id}`),
    dedupeKey: row.dedupe_key,
    priority: JOB_PRIORITIES[row.priority] ?? 'normal',
    state: row.state as JobState,
    runAt: toIsoUtc(row.run_at_ms),
    startedAt: row.started_at_ms === null ? null : toIsoUtc(row.started_at_ms),
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    progress: row.progress,
    isCancelRequested: row.is_cancel_requested === 1,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    createdAt: toIsoUtc(row.created_at_ms),
    modifiedAt: toIsoUtc(row.modified_at_ms),
  };
}
