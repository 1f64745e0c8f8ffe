import type { Migration } from './migration.ts';

const LABELS = [
  { table: 'recording_tags', key: 'tag_key' },
  { table: 'recording_collections', key: 'collection_key' },
] as const;
const PLACE = ['row_key', 'title_key', 'duration_ms', 'filesize_bytes', 'moment_ms'] as const;
const NARROWING = ['format', 'kind', 'has_warnings'] as const;
const COLUMNS = [...PLACE, ...NARROWING];
const ORDERS = [
  { name: 'title', column: 'title_key' },
  { name: 'duration', column: 'duration_ms' },
  { name: 'size', column: 'filesize_bytes' },
  { name: 'moment', column: 'moment_ms' },
] as const;

const isText = (column: string) => column === 'title_key' || column === 'format' || column === 'kind';

function addColumns(text: string, whole: string): string[] {
  return LABELS.flatMap(({ table }) =>
    COLUMNS.map(
      (column) =>
        `ALTER TABLE ${table} ADD COLUMN ${column} ${isText(column) ? `${text} NOT NULL DEFAULT ''` : `${whole} NOT NULL DEFAULT 0`}`,
    ),
  );
}

const fill = LABELS.map(
  ({ table }) => `UPDATE ${table} SET ${COLUMNS.map((column) => `${column} = r.${column}`).join(', ')}
    FROM recordings AS r WHERE r.id = ${table}.recording_id`,
);

/** `beside`: what an index holds besides, so that what does not pass a filter costs no look into the table. */
function makeIndexes(beside: readonly string[]): string[] {
  return LABELS.flatMap(({ table, key }) =>
    ORDERS.map(({ name, column }) => {
      const columns = [...new Set([key, 'shelf', column, 'row_key', ...beside])];
      return `CREATE INDEX ${table}_by_${name} ON ${table} (${columns.join(', ')})`;
    }),
  );
}

/** Each label of a recording says where that one stands in every order, so that lists of a label are walked in it. */
export const m0011LabelOrders: Migration = {
  number: 11,
  name: 'label-orders',
  sqlite: [
    ...addColumns('TEXT', 'INTEGER'),
    ...fill,
    ...makeIndexes(['moment_ms', 'duration_ms', ...NARROWING]),
  ],
  postgres: [
    ...addColumns('text COLLATE "C"', 'bigint'),
    ...fill,
    ...makeIndexes([]),
    // That of figures begins with the store.
    'CREATE INDEX recordings_by_kind ON recordings (shelf, kind)',
  ],
};
