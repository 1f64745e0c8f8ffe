import { type Kysely, sql } from 'kysely';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { Search } from './search-condition.ts';

// A word of which PostgreSQL knows nothing it takes to be in every thousandth row.
const RARE_SHARE = 0.0015;

/**
 * Whether so few are found, about `sorted` of them, that to fetch and sort them all costs less than to walk past others.
 * `isInOrder`: the order is that of the table of words.
 */
export async function isRare(
  db: Kysely<StoreSchema>,
  search: Search,
  sorted: number,
  isInOrder: boolean,
): Promise<boolean> {
  if (dialectOf(db) === 'sqlite') return (await countFound(db, search, sorted)) <= sorted;
  const { found, all } = await estimateFound(db, search);
  // To walk that table in the order in which it lies there costs less than to walk by an index.
  return found <= Math.max(all * RARE_SHARE, isInOrder ? sorted / 4 : sorted);
}

/** How many are found, `limit` and one at most. */
export async function countFound(
  db: Kysely<StoreSchema>,
  { isFound }: Search,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ found: number }>`SELECT count(*) AS found FROM
    (SELECT 1 FROM recording_search AS s WHERE ${isFound} LIMIT ${limit + 1}) AS found`.execute(db);
  return rows[0]?.found ?? 0;
}

interface Plan {
  readonly 'Plan Rows': number;
  readonly Plans?: readonly Plan[];
}

/** PostgreSQL keeps how frequent the commonest words are; to count the matches of one it would read all of them. */
async function estimateFound(
  db: Kysely<StoreSchema>,
  { isFound }: Search,
): Promise<{ readonly found: number; readonly all: number }> {
  const { rows } = await sql<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>`
    EXPLAIN (FORMAT JSON) SELECT 1 FROM recording_search AS s WHERE ${isFound}
      UNION ALL SELECT 1 FROM recording_search`.execute(db);
  const [found, all] = rows[0]?.['QUERY PLAN'][0]?.Plan.Plans ?? [];
  return { found: found?.['Plan Rows'] ?? 0, all: all?.['Plan Rows'] ?? 0 };
}
