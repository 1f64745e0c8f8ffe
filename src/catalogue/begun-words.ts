import type { Kysely } from 'kysely';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { SearchTerm } from './search-terms.ts';

/** Words with these first are all in the table of known words, also those with digits behind. */
export const BEGUN_WORD = /^[^\p{N}]{4}/u;
// To read the index for each of more words costs as much as to gather all that begins so.
const WORDS_LIMIT = 200;
const LAST_CHARACTER = '\u{10ffff}';

/**
 * The terms with the words of the library that begin like an unfinished last one in place of it. SQLite has an index of
 * beginnings of up to three letters; for a longer one it would gather all matches before it shows the newest.
 */
export async function spellOut(
  db: Kysely<StoreSchema>,
  terms: readonly SearchTerm[],
): Promise<readonly SearchTerm[]> {
  const last = terms.at(-1);
  const [[beginning, ...more] = []] = last?.anyOf ?? [];
  if (last?.isPrefix !== true || beginning === undefined || more.length > 0) return terms;
  if (dialectOf(db) !== 'sqlite' || !BEGUN_WORD.test(beginning)) return terms;
  const words = await db
    .selectFrom('search_words')
    .select('word')
    .where('word', '>=', beginning)
    .where('word', '<', beginning + LAST_CHARACTER)
    .limit(WORDS_LIMIT + 1)
    .execute();
  if (words.length === 0 || words.length > WORDS_LIMIT) return terms;
  return terms.with(-1, { ...last, anyOf: words.map(({ word }) => [word]), isPrefix: false });
}
