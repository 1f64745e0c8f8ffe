import { type Kysely, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording, RecordingOrder, RecordingPage, RecordingQuery } from '../model/recording.ts';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { spellOut } from './begun-words.ts';
import { listFilters } from './list-filters.ts';
import { isPlaceIn, listOrder } from './list-order.ts';
import { type FoundRows, findRows } from './list-rows.ts';
import { LIST_SIZES, type ListRequest } from './list-source.ts';
import { findRanked, isPlaceOfRank } from './ranked-search.ts';
import { decodeCursor, encodeCursor, type ListPosition } from './recording-cursor.ts';
import { toRecording } from './recording-row.ts';
import { type Search, searchFor } from './search-condition.ts';
import { withMatches } from './search-matches.ts';
import { parseSearch } from './search-terms.ts';
import { withTakeTotals } from './take-rows.ts';
import { WayMemory } from './way-memory.ts';
import { correctTerms } from './word-corrections.ts';

const LIST_LIMIT = { default: 50, max: 500 } as const;

/**
 * One page by key, never by offset: the millionth page costs what the first does. `ways`: of the same database only,
 * for what is found out here to serve the next page.
 */
export async function listRecordings(
  db: Kysely<StoreSchema>,
  query: RecordingQuery,
  ways = new WayMemory(),
  sizes = LIST_SIZES,
): Promise<RecordingPage> {
  const { isTrashed = false, isGrouped = false, limit = LIST_LIMIT.default, query: text = '' } = query;
  const shelf = isTrashed ? 'trash' : 'library';
  const isSearch = text.trim() !== '';
  const order = orderFor(query.order ?? 'newest', isSearch);
  const filters = listFilters(query);
  const list = nameOf(query, order, shelf);
  const rowOrder = listOrder(order, {
    isSearch,
    hasDates: query.from !== undefined || query.to !== undefined,
  });
  const isPlace = (position: ListPosition) =>
    isPlaceIn(rowOrder, position) || (order === 'relevance' && isPlaceOfRank(position));
  const request: ListRequest = {
    shelf,
    isGrouped,
    filters,
    sizes,
    ways,
    order: rowOrder,
    after: query.cursor === undefined ? undefined : decodeCursor(list, query.cursor, isPlace),
    limit: checkLimit(limit),
  };
  const answer = async (found: FoundRows, search?: Search): Promise<RecordingPage> => {
    const items = isGrouped ? await withTakeTotals(db, found.rows, shelf) : found.rows.map(toRecording);
    const nextCursor = found.next === undefined ? null : encodeCursor(list, found.next);
    return { items: search === undefined ? items : await withMatches(items, search.terms), nextCursor };
  };
  if (!isSearch) return answer(await findRows(db, request, undefined));

  const find = (search: Search) =>
    order === 'relevance' ? findRanked(db, request, search) : findRows(db, request, search);
  const terms = parseSearch(text);
  if (terms.length === 0) return { items: [], nextCursor: null };
  const search = searchFor(terms, shelf, await spellOut(db, terms));
  const found = await find(search);
  if (found.rows.length > 0) return answer(found, search);
  const corrected = await correctTerms(db, terms);
  if (corrected === undefined) return answer(found, search);
  const other = searchFor(corrected.terms, shelf);
  const page = await answer(await find(other), other);
  return page.items.length === 0 ? page : { ...page, corrections: corrected.corrections };
}

/** All recordings that have a file, oldest first, read page by page in sessions of their own. */
export async function readPageByAge(
  db: Kysely<StoreSchema>,
  home: string,
  after: Pick<Recording, 'createdAt' | 'id'> | undefined,
  limit: number,
): Promise<Recording[]> {
  let select = db
    .selectFrom('recordings')
    .selectAll()
    .where('status', '!=', 'placing')
    .where(atHome(db, home));
  if (after) select = select.where(sql<boolean>`(created_at, id) > (${after.createdAt}, ${after.id})`);
  const rows = await select.orderBy('created_at').orderBy('id').limit(limit).execute();
  return rows.map(toRecording);
}

/** Without a search there is nothing to be relevant to. */
function orderFor(order: RecordingOrder, isSearch: boolean): RecordingOrder {
  return order === 'relevance' && !isSearch ? 'newest' : order;
}

/** What a cursor is good for: all that decides which recordings come, and in which order. */
function nameOf(query: RecordingQuery, order: RecordingOrder, shelf: string): string {
  const { isGrouped = false, query: text = '', tag, collection, from, to, minDuration, maxDuration } = query;
  const { format, kind, hasWarnings } = query;
  const narrowing = [tag, collection, from, to, minDuration, maxDuration, format, kind, hasWarnings];
  return JSON.stringify([order, shelf, isGrouped, text, ...narrowing]);
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT.max) return limit;
  throw new VoiceRecorderError(
    'invalid-input',
    `The limit is ${limit}; expected a whole number from 1 to ${LIST_LIMIT.max}.`,
  );
}
