import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';
import type { Label, ListFilter } from './list-filters.ts';
import type { ListOrder } from './list-order.ts';
import type { ListPosition } from './recording-cursor.ts';
import type { RecordingRow } from './recording-row.ts';
import type { Search } from './search-condition.ts';
import { dropLaterSegments, isFirstOfTake } from './take-rows.ts';

export interface ListRequest {
  readonly shelf: 'library' | 'trash';
  /** A take stands once, at its first segment that is found. */
  readonly isGrouped: boolean;
  readonly filters: readonly ListFilter[];
  /** What alone narrows the list, where that is a word people gave. */
  readonly label: Label | undefined;
  readonly order: ListOrder;
  readonly after: ListPosition | undefined;
  readonly limit: number;
}

/** Rows of a page, and where the next one begins. */
export interface FoundRows<Row = RecordingRow> {
  readonly rows: readonly Row[];
  readonly next: ListPosition | undefined;
}

/** So many rows are sorted for a page in no time. Filters that let more pass are met often enough by walking. */
const FEW = 1_000;

/** What a row must tell, whichever columns are read. */
type ListRow = Pick<RecordingRow, 'row_key' | 'take_id' | 'segment' | 'stored_filename'> &
  Partial<RecordingRow>;

/**
 * One page. Where a filter lets only a few recordings pass, these are looked through; else the list is walked in its
 * order, and what does not pass is passed over. `columns`: those of a row, of the table `r`; what the order needs must be among them.
 */
export async function findRows<Row extends ListRow = RecordingRow>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search | undefined,
  columns: RawBuilder<unknown> = sql.raw('r.*'),
): Promise<FoundRows<Row>> {
  const few = await readFew(db, request);
  if (few?.length === 0) return { rows: [], next: undefined };
  const from = { ...sourceOf(request, search, few), columns };
  // Of a search each page of rows is looked through for takes; of a list the database does that.
  if (search === undefined || !request.isGrouped)
    return toPage(request, await readRows<Row>(db, request, from));
  return findTakes<Row>(db, request, search, from);
}

/** Where rows come from, in a form that makes both databases begin there. */
interface Source {
  readonly tables: RawBuilder<unknown>;
  readonly conditions: readonly RawBuilder<unknown>[];
  /** Columns of the order that have another name there. */
  readonly names: Readonly<Partial<Record<keyof RecordingRow, string>>>;
}

function sourceOf(
  request: ListRequest,
  search: Search | undefined,
  few: readonly number[] | undefined,
): Source {
  const { shelf, isGrouped, filters, label, order } = request;
  const passes = filters.map(({ range, passes }) =>
    range && isLedBy(order, range.column) ? range.passes('r') : passes('r'),
  );
  const onShelf = sql`r.shelf = ${shelf}`;
  if (few !== undefined) {
    const found =
      search &&
      sql`EXISTS (SELECT 1 FROM recording_search AS s WHERE s.rowid = r.row_key AND ${search.isFound})`;
    const first = isGrouped && search === undefined ? [isFirstOfTake(filters)] : [];
    return {
      tables: sql`${tableOf(few)} AS k CROSS JOIN recordings AS r`,
      conditions: [sql`r.row_key = k.value`, onShelf, ...passes, ...first, ...(found ? [found] : [])],
      names: {},
    };
  }
  if (search !== undefined) {
    return {
      tables: sql`recording_search AS s CROSS JOIN recordings AS r`,
      conditions: [sql`r.row_key = s.rowid`, search.isFound, onShelf, ...passes],
      names: order.columns.length === 1 ? { row_key: 's.rowid' } : {},
    };
  }
  const first = isGrouped ? [isFirstOfTake(filters)] : [];
  if (label !== undefined && isLedBy(order, 'created_at')) {
    return {
      tables: sql`${sql.table(label.table)} AS l CROSS JOIN recordings AS r`,
      conditions: [
        sql`r.id = l.recording_id`,
        sql`${sql.ref(`l.${label.keyColumn}`)} = ${label.key}`,
        sql`l.shelf = ${shelf}`,
        ...first,
      ],
      names: { created_at: 'l.created_at', id: 'l.recording_id' },
    };
  }
  return { tables: sql`recordings AS r`, conditions: [onShelf, ...passes, ...first], names: {} };
}

function isLedBy({ columns: [first] }: ListOrder, column: keyof RecordingRow): boolean {
  return first === column;
}

/** One row more than the page holds tells whether there is a next one. */
async function readRows<Row>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  from: Source & { readonly columns: RawBuilder<unknown> },
): Promise<Row[]> {
  const { order, after, limit } = request;
  const columns = order.columns.map((column) => sql.ref(from.names[column] ?? `r.${column}`));
  const comparison = sql.raw(order.isDescending ? '<' : '>');
  const direction = sql.raw(order.isDescending ? 'DESC' : 'ASC');
  const behind =
    after === undefined
      ? []
      : [sql`(${sql.join(columns)}) ${comparison} (${sql.join(after.map((key) => sql`${key}`))})`];
  const { rows } = await sql<Row>`SELECT ${from.columns} FROM ${from.tables}
    WHERE ${sql.join([...from.conditions, ...behind], sql` AND `)}
    ORDER BY ${sql.join(columns.map((column) => sql`${column} ${direction}`))}
    LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** Searches on until the page is full of takes, however many of their segments are found. */
async function findTakes<Row extends ListRow>(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search,
  from: Source & { readonly columns: RawBuilder<unknown> },
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

/** Row keys of all that pass one of the filters, where these are few. */
async function readFew(
  db: Kysely<StoreSchema>,
  { shelf, filters, label, order }: ListRequest,
): Promise<readonly number[] | undefined> {
  // The table of the label is in the order that is wanted.
  if (label !== undefined && isLedBy(order, 'created_at')) return undefined;
  for (const { selectKeys, range } of filters) {
    if (selectKeys === undefined || (range && isLedBy(order, range.column))) continue;
    const { rows } = await sql<{ row_key: number }>`${selectKeys(shelf)} LIMIT ${FEW + 1}`.execute(db);
    if (rows.length <= FEW) return rows.map((row) => row.row_key);
  }
  return undefined;
}
