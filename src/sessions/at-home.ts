import { type Kysely, type RawBuilder, sql } from 'kysely';
import { dialectOf } from './dialect-of.ts';
import type { StoreSchema } from './schema.ts';

/** Of a catalogue that nobody has entered as a store yet, as in tests; and of every SQLite file. */
export const NO_STORE = '';

/**
 * True for rows of the store `home`: in PostgreSQL several stores may share one catalogue. A SQLite file belongs to one,
 * and what says nothing there is left out, so that an index answers alone.
 */
export function atHome(db: Kysely<StoreSchema>, home: string, column = 'store_id'): RawBuilder<boolean> {
  return dialectOf(db) === 'postgres'
    ? sql<boolean>`${sql.ref(column)} = ${home}`
    : sql<boolean>`${sql.lit(1)} = ${sql.lit(1)}`;
}
