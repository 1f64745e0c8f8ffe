import type { Kysely } from 'kysely';
import type { Sha256Hex } from '../model/digest.ts';
import type { Recording } from '../model/recording.ts';
import { atHome } from '../sessions/at-home.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { toRecording } from './recording-row.ts';

/** Kept as recordings come and go, never counted. Recordings that are still being placed count nowhere. */
export interface RecordingTotals {
  readonly recordingCount: number;
  readonly recordingBytes: number;
  readonly trashedCount: number;
  readonly trashedBytes: number;
}

export async function readTotals(db: Kysely<StoreSchema>): Promise<RecordingTotals> {
  const rows = await db.selectFrom('totals').selectAll().execute();
  const library = rows.find((row) => row.shelf === 'library');
  const trash = rows.find((row) => row.shelf === 'trash');
  return {
    recordingCount: library?.recording_count ?? 0,
    recordingBytes: library?.size_bytes ?? 0,
    trashedCount: trash?.recording_count ?? 0,
    trashedBytes: trash?.size_bytes ?? 0,
  };
}

/** Those of the store `home` that have a file, the trash included. Where nobody else can be they need no counting. */
export async function countAtHome(db: Kysely<StoreSchema>, home: string): Promise<number> {
  if (dialectOf(db) === 'sqlite') {
    const { recordingCount, trashedCount } = await readTotals(db);
    return recordingCount + trashedCount;
  }
  const { count } = await db
    .selectFrom('recordings')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('shelf', 'in', ['library', 'trash'])
    .where(atHome(db, home))
    .executeTakeFirstOrThrow();
  return count;
}

/** The recording of the store `home` that stands for these bytes: the deduplicated one, else the oldest take or edit. */
export async function readStanding(
  db: Kysely<StoreSchema>,
  checksum: Sha256Hex,
  home: string,
): Promise<Recording | undefined> {
  const row = await db
    .selectFrom('recordings')
    .selectAll()
    .where('checksum', '=', checksum)
    .where(atHome(db, home))
    .orderBy('is_deduplicated', 'desc')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  return row && toRecording(row);
}
