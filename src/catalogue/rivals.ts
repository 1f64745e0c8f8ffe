import { type Kysely, sql } from 'kysely';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { listOf } from './json-rows.ts';

/** What a row must not share with another one. */
interface Wanted {
  readonly id: string;
  readonly storedFilename: string;
}

/** Keys of the rows that have one of these ids or paths. Not by OR, for which PostgreSQL reads the whole table. */
export function keysWithIdOrPath(db: Kysely<StoreSchema>, wanted: readonly Wanted[]) {
  const keys = db.selectFrom('recordings').select('row_key');
  const ids = wanted.map(({ id }) => id);
  const paths = wanted.map(({ storedFilename }) => storedFilename);
  return keys.where('id', 'in', listOf(ids)).unionAll(keys.where('stored_filename', 'in', listOf(paths)));
}

/** The rows that stand for files of these bytes in this store; the bytes that another one has are not here. */
export function originalsOf(db: Kysely<StoreSchema>, checksums: readonly string[], home: string) {
  return (
    db
      .selectFrom('recordings')
      .where('checksum', 'in', listOf(checksums))
      // In an expression, so that PostgreSQL goes by the checksums: else it may walk all originals for them.
      .where(sql<number>`is_deduplicated + 0`, '=', 1)
      .where(atHome(db, home))
  );
}
