import { type CompiledQuery, type Insertable, type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';

/*
 * Many values as one JSON text: the statement stays the same for any number of them, so it is built in no time, and
 * prepared and kept once. A statement with a placeholder for each of some thousand values blocks the event loop while
 * it is built, and takes a database thread hundreds of kilobytes.
 */

/** `values` as what stands behind `IN`. */
export function listOf<T extends string | number>(values: readonly T[]): RawBuilder<T> {
  return sql<T>`(SELECT value FROM json_each(${asJson(values)}))`;
}

/** `values` as a table with the one column `value`. */
export function tableOf(values: readonly (string | number)[]): RawBuilder<unknown> {
  return sql`json_each(${asJson(values)})`;
}

/** Inserts rows that have the same columns. `skipsKnown`: those whose key is there already are left as they are. */
export function insertAll<Table extends keyof StoreSchema & string>(
  db: Kysely<StoreSchema>,
  table: Table,
  rows: readonly Insertable<StoreSchema[Table]>[],
  { skipsKnown = false } = {},
): CompiledQuery[] {
  const [first] = rows;
  if (first === undefined) return [];
  const columns = Object.keys(first);
  const lines = rows.map((row) =>
    columns.map((column) => (row as Readonly<Record<string, unknown>>)[column]),
  );
  const fields = columns.map((_, index) => sql`value ->> ${sql.lit(index)}`);
  // Without a WHERE the parser takes ON for the beginning of a join (https://sqlite.org/lang_upsert.html, section 2.2).
  const conflict = skipsKnown ? sql`WHERE true ON CONFLICT DO NOTHING` : sql``;
  return [
    sql`INSERT INTO ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
      SELECT ${sql.join(fields)} FROM json_each(${asJson(lines)}) ${conflict}`.compile(db),
  ];
}

const LONE_SURROGATE = /\\ud[89a-f]/i;

/** Half of a character of two (a lone surrogate) becomes the mark for it, as in a text that is given by itself. */
function asJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Asked first, for the second way costs several times as much.
  if (!LONE_SURROGATE.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed() : part,
  );
}
