import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';
import type { ListOrder } from './list-order.ts';
import { chooseSource, type ListRequest, type Source } from './list-source.ts';
import { readInOrder } from './read-in-order.ts';
import type { ListPosition } from './recording-cursor.ts';
import { type RecordingRow, SHOWN_COLUMNS, type ShownRow } from './recording-row.ts';
import type { Search } from './search-condition.ts';
import { dropLaterSegments } from './take-rows.ts';

/** Rows of a page, and where the next one begins. */
export interface FoundRows<Row = ShownRow> {
  readonly rows: readonly Row[];
  readonly next: ListPosition | undefined;
}

/** So many keys are looked up in a search at once; most pages are full after one or two of these. */
const SIFTED_AT_ONCE = 100;

/** What a row must tell, whichever columns are read. */
type ListRow = Pick<RecordingRow, 'row_key' | 'take_id' | 'segment' | 'stored_filename'> &
  Partial<RecordingRow>;

interface Reading extends Source {
  readonly columns: RawBuilder<unknown>;
}

/**
 * One page. What lets only a few recordings pass is looked through; else the list is walked in its order, and what
 * does not pass is passed over. `columns`: those of a row, of the table `r`; what the order needs must be among them.
 */
export async function findRows<Row extends ListRow = ShownRow>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search | undefined,
  columns: RawBuilder<unknown> = shownColumns(request.order),
): Promise<FoundRows<Row>> {
  const from = { ...(await chooseSource(db, request, search)), columns };
  // Of a search each page of rows is looked through for takes; of a list the database does that.
  if (search === undefined || !request.isGrouped)
    return toPage(request, await readRows<Row>(db, request, from));
  return findTakes<Row>(db, request, search, from);
}

/** Of a wide row a third is for the database alone; what is ordered by says where the next page begins. */
function shownColumns({ columns }: ListOrder): RawBuilder<unknown> {
  return sql.raw([...new Set([...SHOWN_COLUMNS, ...columns])].map((column) => `r.${column}`).join(', '));
}

/** One row more than the page holds tells whether there is a next one. */
async function readRows<Row extends ListRow>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  from: Reading,
): Promise<Row[]> {
  const { tables, conditions, columns, names, sifts, sortedKeys } = from;
  const { order, after, limit } = request;
  const places = order.columns.map((column) => sql.ref(names[column] ?? `r.${column}`));
  const comparison = sql.raw(order.isDescending ? '<' : '>');
  const behind =
    after === undefined
      ? []
      : [sql`(${sql.join(places)}) ${comparison} (${sql.join(after.map((key) => sql`${key}`))})`];
  const select = (what: RawBuilder<unknown>) => sql<Row>`SELECT ${what} FROM ${tables}
    WHERE ${sql.join([...conditions, ...behind], sql` AND `)} ORDER BY ${inOrder(order, places)}`;
  if (sifts) return sift<Row>(db, request, await select(sql`r.row_key`).execute(db), sifts, columns);
  const page = sortedKeys
    ? sql<Row>`SELECT ${columns} FROM (${select(sql`${sortedKeys} AS value`)} LIMIT ${limit + 1}) AS page
        CROSS JOIN recordings AS r WHERE r.row_key = page.value
        ORDER BY ${inOrder(
          order,
          order.columns.map((column) => sql.ref(`r.${column}`)),
        )}`
    : sql<Row>`${select(columns)} LIMIT ${limit + 1}`;
  return (await page.execute(db)).rows;
}

function inOrder({ isDescending }: ListOrder, columns: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  const direction = sql.raw(isDescending ? 'DESC' : 'ASC');
  return sql.join(columns.map((column) => sql`${column} ${direction}`));
}

/** Of rows in their order those that the search finds, until there are enough for the page. */
async function sift<Row extends ListRow>(
  db: Kysely<StoreSchema>,
  { limit }: ListRequest,
  { rows }: { readonly rows: readonly Pick<Row, 'row_key'>[] },
  search: Search,
  columns: RawBuilder<unknown>,
): Promise<Row[]> {
  const found: number[] = [];
  for (let from = 0; from < rows.length && found.length <= limit; from += SIFTED_AT_ONCE) {
    const keys = rows.slice(from, from + SIFTED_AT_ONCE).map((row) => row.row_key);
    const hits = await sql<{ rowid: number }>`SELECT s.rowid FROM ${tableOf(keys)} AS k
      CROSS JOIN recording_search AS s WHERE s.rowid = k.value AND ${search.isFound}`.execute(db);
    const hit = new Set(hits.rows.map(({ rowid }) => rowid));
    found.push(...keys.filter((key) => hit.has(key)));
  }
  return readInOrder<Row>(db, found.slice(0, limit + 1), columns);
}

/** Searches on until the page is full of takes, however many of their segments are found. */
async function findTakes<Row extends ListRow>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search,
  from: Reading,
): Promise<FoundRows<Row>> {
  const found: Row[] = [];
  let { after } = request;
  for (;;) {
    const rows = await readRows<Row>(db, { ...request, after }, from);
    found.push(...(await dropLaterSegments(db, rows, request.shelf, search, request.filters)));
    const last = rows.at(-1);
    if (rows.length <= request.limit || found.length > request.limit || !last) return toPage(request, found);
    after = positionOf(request.order, last);
  }
}

function toPage<Row extends ListRow>({ order, limit }: ListRequest, found: readonly Row[]): FoundRows<Row> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? positionOf(order, last) : undefined };
}

function positionOf(order: ListOrder, row: Partial<RecordingRow>): ListPosition {
  return order.columns.map((column) => row[column] ?? '');
}
