import { type RawBuilder, sql } from 'kysely';
import { eitherSql } from '../sessions/either-sql.ts';
import { type SearchTerm, toMatchExpression, toTsQuery } from './search-terms.ts';

/** A search as the queries need it. */
export interface Search {
  readonly terms: readonly SearchTerm[];
  /** That the row `s` of `recording_search` is found; rows of other shelves may be among them. */
  readonly isFound: RawBuilder<boolean>;
}

export function searchFor(terms: readonly SearchTerm[], shelf: 'library' | 'trash'): Search {
  const isFound = eitherSql<boolean>({
    sqlite: sql`recording_search MATCH ${toMatchExpression(terms, shelf)}`,
    postgres: sql`s.document @@ ${toTsQuery(terms)}::tsquery`,
  });
  return { terms, isFound };
}
