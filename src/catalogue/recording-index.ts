import type { CompiledQuery, Kysely } from 'kysely';
import { tagKey } from '../model/amendment.ts';
import type { Recording } from '../model/recording.ts';
import type { Shelf, StoreSchema } from '../sessions/schema.ts';

// Room for 1,024 recordings of the same millisecond; the keys stay exact numbers until the year 2248.
const KEYS_PER_MS = 1_024;

/** A free row key that sorts by the date of receipt. */
export async function nextRowKey(db: Kysely<StoreSchema>, createdAt: string): Promise<number> {
  for (let ms = Date.parse(createdAt); ; ms++) {
    const first = ms * KEYS_PER_MS;
    const { last } = await db
      .selectFrom('recordings')
      .select((row) => row.fn.max('row_key').as('last'))
      .where('row_key', '>=', first)
      .where('row_key', '<', first + KEYS_PER_MS)
      .executeTakeFirstOrThrow();
    const key = last === null ? first : last + 1;
    if (key < first + KEYS_PER_MS) return key;
  }
}

/** Queries that make search and tag lists say what `recording` says; part of each transaction that changes it. */
export function indexQueries(db: Kysely<StoreSchema>, rowKey: number, recording: Recording): CompiledQuery[] {
  const shelf: Shelf = recording.status === 'trashed' ? 'trash' : 'library';
  const { id, title, tags, notes, filename, aliases, createdAt } = recording;
  const search = {
    rowid: rowKey,
    title,
    tags: tags.join(' '),
    notes,
    filename: [filename, ...aliases.flatMap((alias) => [alias.filename, alias.title ?? ''])].join(' '),
    shelf,
  };
  const tagRows = tags.map((tag) => ({
    tag_key: tagKey(tag),
    shelf,
    created_at: createdAt,
    recording_id: id,
    tag,
  }));
  const queries = [
    db.deleteFrom('recording_search').where('rowid', '=', rowKey).compile(),
    db.insertInto('recording_search').values(search).compile(),
    db.deleteFrom('recording_tags').where('recording_id', '=', id).compile(),
  ];
  if (tagRows.length === 0) return queries;
  const insertTags = db.insertInto('recording_tags').values(tagRows);
  return [...queries, insertTags.onConflict((conflict) => conflict.doNothing()).compile()];
}

/** Asks for the sidecar to be written anew; the highest version asked for wins. */
export function sidecarQuery(
  db: Kysely<StoreSchema>,
  recording: Pick<Recording, 'id' | 'version'>,
): CompiledQuery {
  return db
    .insertInto('sidecar_outbox')
    .values({ recording_id: recording.id, version: recording.version })
    .onConflict((conflict) =>
      conflict.column('recording_id').doUpdateSet((row) => ({
        version: row.fn<number>('max', ['sidecar_outbox.version', 'excluded.version']),
      })),
    )
    .compile();
}
