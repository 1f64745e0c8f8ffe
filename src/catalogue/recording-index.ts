import { type CompiledQuery, type Insertable, type Kysely, sql } from 'kysely';
import type { Recording } from '../model/recording.ts';
import { wordsOf } from '../model/search-folding.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { RecordingSearchTable, StoreSchema } from '../sessions/schema.ts';
import { insertAll, listOf, tableOf } from './json-rows.ts';
import { knownWordQueries } from './known-words.ts';
import { collectionRowsOf, type KeyedRecording, shelfOf, tagRowsOf } from './label-rows.ts';

// Room for 1,024 recordings of the same millisecond; the keys stay exact numbers until the year 2248.
const KEYS_PER_MS = 1_024;
// "VRPk": tells these locks of a PostgreSQL database from others.
const MOMENT_LOCK = 0x56_52_50_6b;

/** A free row key that sorts by the date of receipt. */
async function nextRowKey(db: Kysely<StoreSchema>, createdAt: string): Promise<number> {
  for (let ms = Date.parse(createdAt); ; ms++) {
    const first = ms * KEYS_PER_MS;
    await keepMoment(db, ms);
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

/** Where sessions write side by side: who wants a key of the same millisecond waits until this session has ended. */
async function keepMoment(db: Kysely<StoreSchema>, ms: number): Promise<void> {
  if (dialectOf(db) === 'sqlite') return;
  await sql`SELECT pg_advisory_xact_lock(${MOMENT_LOCK}, ${ms % 2 ** 31})`.execute(db);
}

/** Hands out free row keys, each that sorts by its recording's date of receipt. */
export async function freeRowKeys(
  db: Kysely<StoreSchema>,
  recordings: readonly Recording[],
): Promise<(recording: Recording) => number> {
  const dates = recordings.map(({ createdAt }) => createdAt);
  const next = await nextRowKeys(db, dates);
  const given = new Set<number>();
  return ({ createdAt }) => {
    let key = next.get(createdAt) ?? 0;
    while (given.has(key)) key += 1;
    given.add(key);
    next.set(createdAt, key + 1);
    return key;
  };
}

/** The next free row key of each of many dates, by one look into the index for each. */
async function nextRowKeys(db: Kysely<StoreSchema>, dates: readonly string[]): Promise<Map<string, number>> {
  const distinct = [...new Set(dates)];
  const moments = distinct.map((createdAt) => Date.parse(createdAt));
  // In one order everywhere, so that no two wait for each other.
  for (const ms of moments.toSorted((a, b) => a - b)) await keepMoment(db, ms);
  const firsts = moments.map((ms) => ms * KEYS_PER_MS);
  const { rows } = await sql<{ first: number; last: number | null }>`
    SELECT value AS first, (SELECT max(row_key) FROM recordings
      WHERE row_key >= value AND row_key < value + ${KEYS_PER_MS}) AS last
    FROM ${tableOf(firsts)} AS given`.execute(db);
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

/** Queries that make search, tags and collections say what `recording` says; part of each transaction that changes it. */
export function indexQueries(db: Kysely<StoreSchema>, rowKey: number, recording: Recording): CompiledQuery[] {
  const tagRows = tagRowsOf({ rowKey, recording });
  const collectionRows = collectionRowsOf({ rowKey, recording });
  const searchRow = searchRowOf(rowKey, recording);
  const queries = [
    db.deleteFrom('recording_search').where('rowid', '=', rowKey).compile(),
    db.insertInto('recording_search').values(searchRow).compile(),
    ...knownWordQueries(db, [searchRow]),
    db.deleteFrom('recording_tags').where('recording_id', '=', recording.id).compile(),
    db.deleteFrom('recording_collections').where('recording_id', '=', recording.id).compile(),
  ];
  if (tagRows.length > 0) {
    const insertTags = db.insertInto('recording_tags').values(tagRows);
    queries.push(insertTags.onConflict((conflict) => conflict.doNothing()).compile());
  }
  if (collectionRows.length > 0) {
    const insertCollections = db.insertInto('recording_collections').values(collectionRows);
    queries.push(insertCollections.onConflict((conflict) => conflict.doNothing()).compile());
  }
  return queries;
}

/** The same for many recordings, with the same few queries for any number of them. */
export function indexAgainQueries(
  db: Kysely<StoreSchema>,
  entries: readonly KeyedRecording[],
): CompiledQuery[] {
  if (entries.length === 0) return [];
  const rowKeys = listOf(entries.map(({ rowKey }) => rowKey));
  const ids = listOf(entries.map(({ recording }) => recording.id));
  return [
    db.deleteFrom('recording_search').where('rowid', 'in', rowKeys).compile(),
    db.deleteFrom('recording_tags').where('recording_id', 'in', ids).compile(),
    db.deleteFrom('recording_collections').where('recording_id', 'in', ids).compile(),
    ...indexAllQueries(db, entries),
  ];
}

/** Queries that enter recordings of which search, tags and collections say nothing yet. */
export function indexAllQueries(
  db: Kysely<StoreSchema>,
  entries: readonly KeyedRecording[],
): CompiledQuery[] {
  const search = entries.map(({ recording, rowKey }) => searchRowOf(rowKey, recording));
  return [
    ...insertAll(db, 'recording_search', search),
    ...knownWordQueries(db, search),
    ...insertAll(db, 'recording_tags', entries.flatMap(tagRowsOf), { skipsKnown: true }),
    ...insertAll(db, 'recording_collections', entries.flatMap(collectionRowsOf), { skipsKnown: true }),
  ];
}

/** Its words as they are searched for, so that every database keeps the same ones. */
function searchRowOf(rowKey: number, recording: Recording): Insertable<RecordingSearchTable> {
  const { title, tags, notes, filename, aliases } = recording;
  const names = [filename, ...aliases.flatMap((alias) => [alias.filename, alias.title ?? ''])];
  return {
    rowid: rowKey,
    title: wordsOf(title).join(' '),
    tags: wordsOf(tags.join(' ')).join(' '),
    notes: wordsOf(notes).join(' '),
    filename: wordsOf(names.join(' ')).join(' '),
    shelf: shelfOf(recording),
  };
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
        version: row
          .case()
          .when('excluded.version', '>', row.ref('sidecar_outbox.version'))
          .then(row.ref('excluded.version'))
          .else(row.ref('sidecar_outbox.version'))
          .end(),
      })),
    )
    .compile();
}
