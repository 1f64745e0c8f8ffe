import { type Kysely, sql } from 'kysely';
import type { CleanupItem } from '../model/cleanup.ts';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';

/** Imported files of the store `home` in the library whose audio is that of an older one, oldest first. Takes are never compared. */
export async function readSameAudio(db: Kysely<StoreSchema>, home: string): Promise<CleanupItem[]> {
  return await db
    .with('files', (from) =>
      from
        .selectFrom('recordings')
        .select(['id', 'title', 'filesize_bytes', 'row_key'])
        .select(
          sql<number>`row_number() OVER (PARTITION BY audio_checksum ORDER BY created_at, row_key)`.as(
            'place',
          ),
        )
        .where(atHome(db, home))
        .where('shelf', '=', 'library')
        .where('kind', '=', 'file')
        .where('audio_checksum', 'is not', null),
    )
    .selectFrom('files')
    .select(['id', 'title as name', 'filesize_bytes as bytes'])
    .where('place', '>', 1)
    .orderBy('row_key')
    .execute();
}
