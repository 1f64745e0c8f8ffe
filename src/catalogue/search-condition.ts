import { type RawBuilder, sql } from 'kysely';
import { eitherSql } from '../sessions/either-sql.ts';
import { type SearchTerm, toMatchExpression, toTsQuery } from './search-terms.ts';

/** A search as the queries need it. */
export interface Search {
  readonly terms: readonly SearchTerm[];
  /** That the row `s` of `recording_search` is found; rows of other shelves may be among them. */
  readonly isFound: RawBuilder<boolean>;
  /** The table of all that is found on the shelf, to be begun with; it is to be named, its column is `rowid`. */
  readonly all: RawBuilder<unknown>;
  /** That the recording `row` (an alias of `recordings`) is found, asked for each that is met. */
  finds(row: string): RawBuilder<boolean>;
}

/** `sought`: what is looked for in the index where that is not what `terms` say. */
export function searchFor(terms: readonly SearchTerm[], shelf: 'library' | 'trash', sought = terms): Search {
  const isFound = eitherSql<boolean>({
    sqlite: sql`recording_search MATCH ${toMatchExpression(sought, shelf)}`,
    postgres: sql`s.document @@ ${toTsQuery(sought)}::tsquery`,
  });
  const all = sql`SELECT s.rowid FROM recording_search AS s WHERE ${isFound}`;
  return {
    terms,
    isFound,
    // With an offset PostgreSQL takes it for itself: else it may walk all recordings for the few that have a rare word.
    all: eitherSql({ sqlite: sql`(${all})`, postgres: sql`(${all} AND s.shelf = ${shelf} OFFSET 0)` }),
    finds: (row) => {
      const isIt = sql`s.rowid = ${sql.ref(`${row}.row_key`)}`;
      return eitherSql<boolean>({
        sqlite: sql`EXISTS (SELECT 1 FROM recording_search AS s WHERE ${isIt} AND ${isFound})`,
        // As a value: PostgreSQL would make a join of the other form, and begin with all that is found.
        postgres: sql`(SELECT ${isFound} FROM recording_search AS s WHERE ${isIt})`,
      });
    },
  };
}
