import { type Kysely, type RawBuilder, sql } from 'kysely';
import { dialectOf } from '../sessions/dialect-of.ts';
import { eitherSql } from '../sessions/either-sql.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';
import type { Label, ListFilter } from './list-filters.ts';
import type { ListOrder } from './list-order.ts';
import type { ListPosition } from './recording-cursor.ts';
import type { RecordingRow } from './recording-row.ts';
import type { Search } from './search-condition.ts';
import { countFound, isRare } from './search-frequency.ts';
import { isFirstOfTake } from './take-rows.ts';
import type { WayMemory } from './way-memory.ts';

export interface ListRequest {
  readonly shelf: 'library' | 'trash';
  /** A take stands once, at its first segment that is found. */
  readonly isGrouped: boolean;
  readonly filters: readonly ListFilter[];
  readonly order: ListOrder;
  readonly after: ListPosition | undefined;
  readonly limit: number;
  readonly sizes: ListSizes;
  readonly ways: WayMemory;
}

/** Which of several ways to a page is taken. Each leads to the same page. */
export interface ListSizes {
  /** So many recordings that pass a filter are fetched and sorted. Filters that let more pass are met often by walking. */
  readonly few: number;
  /** So many matches of a search are fetched and sorted; to look one up costs as much as to walk past ten. */
  readonly sorted: number;
  /** So many matches are gathered by SQLite before the order is walked; of more, every recording met is asked. */
  readonly gathered: number;
}

export const LIST_SIZES: ListSizes = { few: 1_000, sorted: 4_000, gathered: 100_000 };

/** Where rows come from, in a form that makes both databases begin there. */
export interface Source {
  readonly tables: RawBuilder<unknown>;
  readonly conditions: readonly RawBuilder<unknown>[];
  /** Columns of the order that have another name there. */
  readonly names: Readonly<Partial<Record<keyof RecordingRow, string>>>;
  /** All that pass are sorted: by their keys, which are here, so that only those of the page are read in full. */
  readonly sortedKeys?: RawBuilder<number>;
  /** Those that pass the filters; which of them the search finds is looked up until the page is full. */
  readonly sifts?: Search;
}

export async function chooseSource(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search | undefined,
): Promise<Source> {
  if (search !== undefined) return chooseSearchSource(db, request, search);
  const few = await readFew(db, request);
  const first = request.isGrouped ? [isFirstOfTake(request.filters)] : [];
  return few === undefined ? walkSource(request, first) : fewSource(request, few, first);
}

async function chooseSearchSource(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search,
): Promise<Source> {
  const { filters, order, sizes, ways, shelf } = request;
  const isInOrder = isLedBy(order, 'row_key');
  // SQLite's index of words is in the order that is wanted.
  if (isInOrder && filters.length === 0 && dialectOf(db) === 'sqlite') return searchSource(request, search);
  const asked = `${shelf} ${isInOrder} ${JSON.stringify(search.terms)}`;
  const isFewFound = () => isRare(db, search, sizes.sorted, isInOrder);
  if (await ways.recall(`rare ${asked}`, isFewFound)) return foundSource(request, search);
  const few = await readFew(db, request);
  if (few !== undefined) return { ...fewSource(request, few, []), sifts: search };
  if (isInOrder) return searchedInOrder(request, search);
  const mayGather = async () => (await countFound(db, search, sizes.gathered)) <= sizes.gathered;
  const isGathered = dialectOf(db) === 'sqlite' && (await ways.recall(`gathered ${asked}`, mayGather));
  // With a sign before it SQLite does not begin with what was gathered.
  const found = isGathered
    ? sql`+r.row_key IN (SELECT s.rowid FROM recording_search AS s WHERE ${search.isFound})`
    : search.finds('r');
  return walkSource(request, [found]);
}

function fewSource(
  request: ListRequest,
  few: readonly number[],
  more: readonly RawBuilder<unknown>[],
): Source {
  return {
    tables: sql`${tableOf(few)} AS k CROSS JOIN recordings AS r`,
    conditions: [sql`r.row_key = k.value`, ...onShelf(request), ...more],
    names: {},
    sortedKeys: sql`r.row_key`,
  };
}

function foundSource(request: ListRequest, search: Search): Source {
  if (isLedBy(request.order, 'row_key') && request.filters.length === 0) {
    return {
      tables: sql`${search.all} AS s`,
      conditions: [sql`true`],
      names: { row_key: 's.rowid' },
      sortedKeys: sql`s.rowid`,
    };
  }
  return {
    tables: sql`${search.all} AS s CROSS JOIN recordings AS r`,
    conditions: [sql`r.row_key = s.rowid`, ...onShelf(request)],
    names: {},
    sortedKeys: sql`r.row_key`,
  };
}

function searchSource(request: ListRequest, search: Search): Source {
  return {
    tables: sql`recording_search AS s CROSS JOIN recordings AS r`,
    conditions: [sql`r.row_key = s.rowid`, search.isFound, ...onShelf(request)],
    names: { row_key: 's.rowid' },
  };
}

/**
 * As {@link searchSource}, for PostgreSQL, which would begin with the recordings and walk past all before the page: the
 * keys of the page come first, or where filters need the recordings it is told where to begin with them.
 */
function searchedInOrder(request: ListRequest, search: Search): Source {
  const { shelf, filters, order, after } = request;
  if (filters.length === 0) {
    return {
      tables: sql`recording_search AS s`,
      conditions: [search.isFound, sql`s.shelf = ${shelf}`],
      names: { row_key: 's.rowid' },
      sortedKeys: sql`s.rowid`,
    };
  }
  const source = searchSource(request, search);
  if (after === undefined) return source;
  const behind = sql`r.row_key ${sql.raw(order.isDescending ? '<' : '>')} ${after[0]}`;
  return { ...source, conditions: [...source.conditions, behind] };
}

function walkSource(request: ListRequest, more: readonly RawBuilder<unknown>[]): Source {
  const label = request.filters.find((filter) => filter.label !== undefined)?.label;
  if (label !== undefined) return labelSource(request, label, more);
  return { tables: sql`recordings AS r`, conditions: [...onShelf(request), ...more], names: {} };
}

function labelSource(request: ListRequest, label: Label, more: readonly RawBuilder<unknown>[]): Source {
  const { shelf, filters, order } = request;
  const others = filters.filter((filter) => filter.label !== label);
  const names = order.columns.map((column) => [column, column === 'id' ? 'l.recording_id' : `l.${column}`]);
  return {
    tables: sql`${sql.table(label.table)} AS l CROSS JOIN recordings AS r`,
    conditions: [
      sql`r.row_key = l.row_key`,
      sql`${sql.ref(`l.${label.keyColumn}`)} = ${label.key}`,
      sql`l.shelf = ${shelf}`,
      ...others.map((filter) => passing(filter, order, filter.label === undefined ? 'l' : 'r')),
      ...more,
    ],
    names: Object.fromEntries(names),
  };
}

function onShelf({ shelf, filters, order }: ListRequest): RawBuilder<unknown>[] {
  return [sql`r.shelf = ${shelf}`, ...filters.map((filter) => passing(filter, order, 'r'))];
}

function passing({ range, passes }: ListFilter, order: ListOrder, row: string): RawBuilder<boolean> {
  return range && isLedBy(order, range.column) ? range.passes(row) : passes(row);
}

function isLedBy({ columns: [first] }: ListOrder, column: keyof RecordingRow): boolean {
  return first === column;
}

/** Row keys of all that pass one of the filters, where these are few. */
async function readFew(
  db: Kysely<StoreSchema>,
  { shelf, filters, order, sizes, ways }: ListRequest,
): Promise<readonly number[] | undefined> {
  const [only] = filters;
  // The table of the label is in every order, so that it need not be known how many these are.
  if (filters.length === 1 && only?.label !== undefined && !isLedBy(order, 'row_key')) return undefined;
  const keys = eitherSql({
    sqlite: sql`json_group_array(row_key)`,
    postgres: sql`coalesce(json_agg(row_key)::text, '[]')`,
  });
  for (const { name, selectKeys, range } of filters) {
    if (selectKeys === undefined || (range && isLedBy(order, range.column))) continue;
    const question = `few ${shelf} ${name}`;
    if (ways.read(question) === false) continue;
    const { rows } = await sql<{ keys: string | null }>`
      SELECT CASE WHEN count(*) <= ${sql.lit(sizes.few)} THEN ${keys} END AS keys
      FROM (${selectKeys(shelf)} LIMIT ${sizes.few + 1}) AS found`.execute(db);
    const found = rows[0]?.keys;
    ways.note(question, typeof found === 'string');
    if (typeof found === 'string') return JSON.parse(found) as number[];
  }
  return undefined;
}
