import type { Kysely } from 'kysely';
import { atHome } from '../sessions/at-home.ts';
import type { SessionContext } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { LedgerTarget } from './copy-ledger.ts';
import { insertAll } from './json-rows.ts';

/** Recordings with these are sent: their bytes are what was received. */
export const SENT_STATUSES = ['active', 'trashed'];

/** Recordings of the store `home`, each beside what the target has of it. */
export function surveyed(db: Kysely<StoreSchema>, target: LedgerTarget, home: string) {
  return db
    .selectFrom('recordings as r')
    .leftJoin('copies as c', (join) =>
      join.onRef('c.recording_id', '=', 'r.id').on('c.target_id', '=', target.id),
    )
    .select(['r.id', 'r.stored_filename', 'r.filesize_bytes', 'r.version', 'r.status'])
    .select(['c.state', 'c.version as sent_version', 'c.stored_filename as sent_as'])
    .where('r.status', 'in', SENT_STATUSES)
    .where(atHome(db, home, 'r.store_id'));
}

interface SurveyedRow {
  readonly id: string;
  readonly stored_filename: string;
  readonly filesize_bytes: number;
  readonly version: number;
  readonly status: string;
  readonly state: string | null;
  readonly sent_version: number | null;
  readonly sent_as: string | null;
}

/** Enters what {@link surveyed} recordings lack. Resolves to how many lacked something. */
export async function enterOwed(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  target: LedgerTarget,
  rows: readonly SurveyedRow[],
): Promise<number> {
  // What nobody wants any more is not sent anew; what is there already goes on saying the truth.
  const missing = rows.filter(({ state, status }) => state === null && status === 'active');
  const older = rows.filter(
    ({ state, sent_version, version }) => state === 'verified' && (sent_version ?? 0) < version,
  );
  await batch(
    insertAll(
      db,
      'copies',
      missing.map((row) => ({
        target_id: target.id,
        recording_id: row.id,
        state: 'owed',
        stored_filename: row.stored_filename,
        size_bytes: row.filesize_bytes,
        next_try_ms: 0,
      })),
    ),
  );
  if (older.length > 0) {
    await db
      .updateTable('copies')
      .set({ state: 'stale', next_try_ms: 0 })
      .where('target_id', '=', target.id)
      .where(
        'recording_id',
        'in',
        older.map(({ id }) => id),
      )
      .execute();
  }
  return missing.length + older.length;
}
