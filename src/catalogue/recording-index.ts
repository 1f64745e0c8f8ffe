import { type CompiledQuery, type Insertable, type Kysely, sql } from 'kysely';
import { tagKey } from '../model/amendment.ts';
import type { Recording } from '../model/recording.ts';
import type { RecordingSearchTable, RecordingTagTable, Shelf, StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';

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

/** The same for many dates, by one look into the index for each. */
export async function nextRowKeys(
  db: Kysely<StoreSchema>,
  dates: readonly string[],
): Promise<Map<string, number>> {
  const distinct = [...new Set(dates)];
  const firsts = distinct.map((createdAt) => Date.parse(createdAt) * KEYS_PER_MS);
  const { rows } = await sql<{ first: number; last: number | null }>`
    SELECT value AS first, (SELECT max(row_key) FROM recordings
      WHERE row_key >= value AND row_key < value + ${KEYS_PER_MS}) AS last
    FROM ${tableOf(firsts)}`.execute(db);
  const lastOf = new Map(rows.map(({ first, last }) => [first, last]));
  const keys = new Map<string, number>();
  for (const [index, createdAt] of distinct.entries()) {
    const first = firsts[index] ?? 0;
    const last = lastOf.get(first) ?? null;
    // A millisecond that is full: the next one that has room is looked for.
    const isFull = last !== null && last + 1 >= first + KEYS_PER_MS;
    keys.set(createdAt, isFull ? await nextRowKey(db, createdAt) : last === null ? first : last + 1);
  }
  return keys;
}

/** Queries that make search and tag lists say what `recording` says; part of each transaction that changes it. */
export function indexQueries(db: Kysely<StoreSchema>, rowKey: number, recording: Recording): CompiledQuery[] {
  const tagRows = tagRowsOf(recording);
  const queries = [
    db.deleteFrom('recording_search').where('rowid', '=', rowKey).compile(),
    db.insertInto('recording_search').values(searchRowOf(rowKey, recording)).compile(),
    db.deleteFrom('recording_tags').where('recording_id', '=', recording.id).compile(),
  ];
  if (tagRows.length === 0) return queries;
  const insertTags = db.insertInto('recording_tags').values(tagRows);
  return [...queries, insertTags.onConflict((conflict) => conflict.doNothing()).compile()];
}

export function searchRowOf(rowKey: number, recording: Recording): Insertable<RecordingSearchTable> {
  const { title, tags, notes, filename, aliases } = recording;
  const names = [filename, ...aliases.flatMap((alias) => [alias.filename, alias.title ?? ''])];
  return {
    rowid: rowKey,
    title,
    tags: tags.join(' '),
    notes,
    filename: names.join(' '),
    shelf: shelfOf(recording),
  };
}

export function tagRowsOf(recording: Recording): Insertable<RecordingTagTable>[] {
  const shelf = shelfOf(recording);
  const { id, createdAt } = recording;
  return recording.tags.map((tag) => ({
    tag_key: tagKey(tag),
    shelf,
    created_at: createdAt,
    recording_id: id,
    tag,
  }));
}

function shelfOf({ status }: Recording): Shelf {
  return status === 'trashed' ? 'trash' : 'library';
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
