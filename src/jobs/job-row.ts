import { type RawBuilder, type Selectable, sql } from 'kysely';
import { toIsoUtc } from '../model/clock.ts';
import type { JobTable } from '../sessions/schema.ts';
import type { Job, JobState } from './job-queue.ts';

export type JobRow = Selectable<JobTable>;

/** The database's clock in milliseconds since 1970. */
export const databaseNowMs: RawBuilder<number> = sql<number>`CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

export function afterMs(durationMs: number): RawBuilder<number> {
  return sql<number>`${databaseNowMs} + ${Math.round(durationMs)}`;
}

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    payload: JSON.parse(row.payload) as unknown,
    dedupeKey: row.dedupe_key,
    state: row.state as JobState,
    runAt: toIsoUtc(row.run_at_ms),
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    progress: row.progress,
    isCancelRequested: row.is_cancel_requested === 1,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    createdAt: toIsoUtc(row.created_at_ms),
    modifiedAt: toIsoUtc(row.modified_at_ms),
  };
}
