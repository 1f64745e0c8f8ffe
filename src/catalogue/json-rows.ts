import { type CompiledQuery, type Insertable, type Kysely, type RawBuilder, sql } from 'kysely';
import { dialectOf } from '../sessions/dialect-of.ts';
import { eitherSql } from '../sessions/either-sql.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { storableJson } from '../sessions/storable-value.ts';

/*
 * Many values as one JSON text: the statement stays the same for any number of them, so it is built in no time, and
 * prepared and kept once. A statement with a placeholder for each of some thousand values blocks the event loop while
 * it is built, and takes a database thread hundreds of kilobytes.
 */

/** `values`, all of them texts or all numbers, as what stands behind `IN`. */
export function listOf<T extends string | number>(values: readonly T[]): RawBuilder<T> {
  const json = storableJson(values);
  return eitherSql<T>({
    sqlite: sql`(SELECT value FROM json_each(${json}))`,
    postgres:
      values.length === 0
        ? sql`(NULL)`
        : sql`(SELECT ${castOf(values)} FROM jsonb_array_elements_text(${json}::jsonb))`,
  });
}

/** `values`, all of them texts or all numbers, as a table with the one column `value`; it is to be given a name (`AS`). */
export function tableOf(values: readonly (string | number)[]): RawBuilder<unknown> {
  const json = storableJson(values);
  return eitherSql({
    sqlite: sql`json_each(${json})`,
    postgres:
      values.length === 0
        ? // A table without rows has its type all the same; only keys of rows come as one.
          sql`(SELECT 0::bigint AS value WHERE false)`
        : sql`(SELECT ${castOf(values)} AS value FROM jsonb_array_elements_text(${json}::jsonb))`,
  });
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
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const conflict = skipsKnown ? sql`ON CONFLICT DO NOTHING` : sql``;
  if (dialectOf(db) === 'postgres') {
    return [
      sql`INSERT INTO ${sql.table(table)} (${names})
        SELECT ${names} FROM jsonb_populate_recordset(NULL::${sql.table(table)}, ${storableJson(rows)}::jsonb) ${conflict}`.compile(
        db,
      ),
    ];
  }
  const lines = rows.map((row) =>
    columns.map((column) => (row as Readonly<Record<string, unknown>>)[column]),
  );
  const fields = columns.map((_, index) => sql`value ->> ${sql.lit(index)}`);
  // Without a WHERE the parser takes ON for the beginning of a join (https://sqlite.org/lang_upsert.html, section 2.2).
  return [
    sql`INSERT INTO ${sql.table(table)} (${names})
      SELECT ${sql.join(fields)} FROM json_each(${storableJson(lines)}) WHERE true ${conflict}`.compile(db),
  ];
}

function castOf(values: readonly (string | number)[]): RawBuilder<unknown> {
  return typeof values[0] === 'number' ? sql`value::bigint` : sql`value`;
}
