import { type Kysely, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';

/** Collections of the library with their counts, by name. */
export function readCollections(
  db: Kysely<StoreSchema>,
): Promise<{ readonly collection: string; readonly count: number }[]> {
  return db
    .selectFrom('collection_counts')
    .select(['collection', 'recording_count as count'])
    .orderBy('collection_key')
    .execute();
}

/** Ids of recordings, the trash included, that are in the collection and do not spell it like `name`. */
export async function readMembers(
  db: Kysely<StoreSchema>,
  collectionKey: string,
  limit: number,
  name?: string,
): Promise<string[]> {
  let select = db
    .selectFrom('recording_collections')
    .select('recording_id')
    .where('collection_key', '=', collectionKey);
  if (name !== undefined) select = select.where('collection', '!=', name);
  const rows = await select
    .orderBy('shelf')
    .orderBy('created_at')
    .orderBy('recording_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.recording_id);
}

/** Shows each collection in the spelling of the oldest recording that is in it. */
export function settleCollections(db: Kysely<StoreSchema>) {
  return sql`UPDATE collection_counts SET collection = coalesce(
    (SELECT c.collection FROM recording_collections AS c
      WHERE c.collection_key = collection_counts.collection_key AND c.shelf = 'library'
      ORDER BY c.created_at LIMIT 1), collection)`.compile(db);
}
