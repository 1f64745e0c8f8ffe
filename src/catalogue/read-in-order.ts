import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';

/** The rows with these keys, in the order of `keys`; what is gone by now is left out. */
export async function readInOrder<Row extends { readonly row_key: number }>(
  db: Kysely<StoreSchema>,
  keys: readonly number[],
  columns: RawBuilder<unknown> = sql.raw('r.*'),
): Promise<Row[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<Row>`SELECT ${columns} FROM ${tableOf(keys)} AS k
    CROSS JOIN recordings AS r WHERE r.row_key = k.value`.execute(db);
  const byKey = new Map(rows.map((row) => [row.row_key, row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}
