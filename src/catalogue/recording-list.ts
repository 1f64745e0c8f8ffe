import { type Kysely, type RawBuilder, sql } from 'kysely';
import { tagKey } from '../model/amendment.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording, RecordingPage, RecordingQuery } from '../model/recording.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { decodeCursor, encodeCursor, type ListPosition } from './recording-cursor.ts';
import { type RecordingRow, toRecording } from './recording-row.ts';
import { toMatchExpression } from './search-terms.ts';
import { dropLaterSegments, hasTag, isFirstOfTake, withTakeTotals } from './take-rows.ts';

const LIST_LIMIT = { default: 50, max: 500 } as const;

interface PageRequest {
  readonly shelf: 'library' | 'trash';
  readonly isOldestFirst: boolean;
  readonly after: ListPosition | undefined;
  /** One more than the page holds: tells whether there is a next one. */
  readonly rowLimit: number;
  readonly tagKey: string | undefined;
  readonly isGrouped: boolean;
}

/** One page by key, never by offset: the millionth page costs what the first does. */
export async function listRecordings(db: Kysely<StoreSchema>, query: RecordingQuery): Promise<RecordingPage> {
  const limit = checkLimit(query.limit ?? LIST_LIMIT.default);
  const request: PageRequest = {
    shelf: query.isTrashed ? 'trash' : 'library',
    isOldestFirst: query.order === 'oldest',
    after: query.cursor === undefined ? undefined : decodeCursor(query.cursor),
    rowLimit: limit + 1,
    tagKey: query.tag === undefined ? undefined : tagKey(query.tag),
    isGrouped: query.isGrouped ?? false,
  };
  const rows = await findRows(db, request, query.query ?? '');
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? encodeCursor(last) : null;
  const items = request.isGrouped ? await withTakeTotals(db, shown, request.shelf) : shown.map(toRecording);
  return { items, nextCursor };
}

/** All recordings that have a file, oldest first, read page by page in sessions of their own. */
export async function readPageByAge(
  db: Kysely<StoreSchema>,
  after: Pick<ListPosition, 'createdAt' | 'id'> | undefined,
  limit: number,
): Promise<Recording[]> {
  let select = db.selectFrom('recordings').selectAll().where('status', '!=', 'placing');
  if (after) select = select.where(sql<boolean>`(created_at, id) > (${after.createdAt}, ${after.id})`);
  const rows = await select.orderBy('created_at').orderBy('id').limit(limit).execute();
  return rows.map(toRecording);
}

function findRows(db: Kysely<StoreSchema>, request: PageRequest, text: string): Promise<RecordingRow[]> {
  if (text.trim() !== '') {
    const match = toMatchExpression(text, request.shelf);
    if (match === undefined) return Promise.resolve([]);
    return request.isGrouped ? searchTakes(db, request, match) : searchRows(db, request, match);
  }
  if (request.tagKey !== undefined) return listTaggedRows(db, request, request.tagKey);
  return listRows(db, request);
}

function listRows(db: Kysely<StoreSchema>, request: PageRequest): Promise<RecordingRow[]> {
  const direction = request.isOldestFirst ? 'asc' : 'desc';
  let select = db.selectFrom('recordings as r').selectAll('r').where('r.shelf', '=', request.shelf);
  if (request.isGrouped) select = select.where((row) => isFirstOfTake(row, undefined));
  if (request.after) select = select.where(isBehind(request, sql`r.created_at, r.id`, request.after));
  return select
    .orderBy('r.created_at', direction)
    .orderBy('r.id', direction)
    .limit(request.rowLimit)
    .execute();
}

function listTaggedRows(db: Kysely<StoreSchema>, request: PageRequest, key: string): Promise<RecordingRow[]> {
  const direction = request.isOldestFirst ? 'asc' : 'desc';
  let select = db
    .selectFrom('recording_tags as t')
    .innerJoin('recordings as r', 'r.id', 't.recording_id')
    .selectAll('r')
    .where('t.tag_key', '=', key)
    .where('t.shelf', '=', request.shelf);
  if (request.isGrouped) select = select.where((row) => isFirstOfTake(row, key));
  if (request.after)
    select = select.where(isBehind(request, sql`t.created_at, t.recording_id`, request.after));
  return select
    .orderBy('t.created_at', direction)
    .orderBy('t.recording_id', direction)
    .limit(request.rowLimit)
    .execute();
}

/** Walks the full-text index in the order of its row keys, which is the order in time, and stops when the page is full. */
async function searchRows(
  db: Kysely<StoreSchema>,
  request: PageRequest,
  match: string,
): Promise<RecordingRow[]> {
  let select = db
    .selectFrom('recording_search as s')
    .innerJoin('recordings as r', 'r.row_key', 's.rowid')
    .selectAll('r')
    .where(sql<boolean>`recording_search MATCH ${match}`)
    .where('r.shelf', '=', request.shelf);
  if (request.after) {
    select = select.where('s.rowid', request.isOldestFirst ? '>' : '<', request.after.rowKey);
  }
  if (request.tagKey !== undefined) {
    const key = request.tagKey;
    select = select.where((row) => hasTag(row, key));
  }
  return select
    .orderBy('s.rowid', request.isOldestFirst ? 'asc' : 'desc')
    .limit(request.rowLimit)
    .execute();
}

/** Searches on until the page is full of takes, however many of their segments are found. */
async function searchTakes(
  db: Kysely<StoreSchema>,
  request: PageRequest,
  match: string,
): Promise<RecordingRow[]> {
  const { rowLimit, shelf } = request;
  const found: RecordingRow[] = [];
  let after = request.after;
  for (;;) {
    const rows = await searchRows(db, { ...request, after }, match);
    found.push(...(await dropLaterSegments(db, rows, shelf, match, request.tagKey)));
    const last = rows.at(-1);
    if (rows.length < rowLimit || found.length >= rowLimit || !last) return found.slice(0, rowLimit);
    after = { createdAt: last.created_at, id: last.id, rowKey: last.row_key };
  }
}

function isBehind(
  request: PageRequest,
  columns: RawBuilder<unknown>,
  after: ListPosition,
): RawBuilder<boolean> {
  const comparison = sql.raw(request.isOldestFirst ? '>' : '<');
  return sql<boolean>`(${columns}) ${comparison} (${after.createdAt}, ${after.id})`;
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT.max) return limit;
  throw new VoiceRecorderError(
    'invalid-input',
    `The limit is ${limit}; expected a whole number from 1 to ${LIST_LIMIT.max}.`,
  );
}
