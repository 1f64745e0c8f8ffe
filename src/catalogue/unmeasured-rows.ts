import { type Kysely, sql } from 'kysely';
import { MEASURE_JOB } from '../model/audio-measurement.ts';
import type { RecordingId } from '../model/id.ts';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';

/** Ids of recordings of the store `home` that were not measured, are in no pending job, and did not fail for good. */
export async function readUnmeasured(
  db: Kysely<StoreSchema>,
  home: string,
  after: RecordingId,
  limit: number,
): Promise<readonly RecordingId[]> {
  // States are written out, not bound: only so does SQLite see that its partial indexes will do.
  const { rows } = await sql<{ id: RecordingId }>`
    SELECT id FROM recordings AS r
    WHERE ${atHome(db, home, 'r.store_id')} AND audio_checksum IS NULL AND id > ${after} AND status NOT IN ('placing', 'missing')
      AND NOT EXISTS (SELECT 1 FROM jobs
        WHERE kind = ${MEASURE_JOB} AND dedupe_key = r.id AND state IN ('queued', 'running'))
      AND NOT EXISTS (SELECT 1 FROM jobs
        WHERE kind = ${MEASURE_JOB} AND dedupe_key = r.id AND state = 'dead')
    ORDER BY id LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.id);
}
