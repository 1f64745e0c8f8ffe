import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { SearchCorrection } from '../model/recording.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { tableOf } from './json-rows.ts';
import { searchFor } from './search-condition.ts';
import type { SearchTerm } from './search-terms.ts';

/** Words of so many letters may have so many mistakes. */
const TOLERANCE = [
  { fromLetters: 8, mistakes: 2 },
  { fromLetters: 4, mistakes: 1 },
] as const;
// Two letters that changed places break four groups of three; no other mistake breaks more.
const GRAMS_PER_MISTAKE = 4;
const CANDIDATE_LIMIT = 500;
// Of groups that more words have it is not asked which one is the rarer.
const COUNTED_LIMIT = 500;
/** More words like the one that was typed would be guesses. */
const LIKE_WORDS_LIMIT = 3;

/** The terms with like words of the library instead of those that no recording has; undefined where there are none. */
export async function correctTerms(
  db: Kysely<StoreSchema>,
  terms: readonly SearchTerm[],
): Promise<{ terms: readonly SearchTerm[]; corrections: readonly SearchCorrection[] } | undefined> {
  const corrections: SearchCorrection[] = [];
  const corrected: SearchTerm[] = [];
  for (const term of terms) {
    const word = singleWordOf(term);
    const to = word === undefined || (await isKnown(db, term)) ? [] : await findLikeWords(db, word);
    if (word !== undefined && to.length > 0) corrections.push({ from: word, to });
    corrected.push(to.length === 0 ? term : { ...term, anyOf: to.map((like) => [like]), isPrefix: false });
  }
  return corrections.length === 0 ? undefined : { terms: corrected, corrections };
}

/** Only a word that stands for itself: what is quoted or excluded is meant as it is. */
function singleWordOf({ anyOf, isExcluded, isExact }: SearchTerm): string | undefined {
  const [row = []] = anyOf;
  return isExcluded || isExact || row.length !== 1 ? undefined : row[0];
}

async function isKnown(db: Kysely<StoreSchema>, term: SearchTerm): Promise<boolean> {
  const { all } = searchFor([term], 'library');
  const { rows } = await sql`SELECT s.rowid FROM ${all} AS s LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Those with the fewest mistakes, that some recording still has. */
async function findLikeWords(db: Kysely<StoreSchema>, word: string): Promise<string[]> {
  const letters = [...word];
  const most = TOLERANCE.find(({ fromLetters }) => letters.length >= fromLetters)?.mistakes ?? 0;
  // Words with one mistake are found among a few hundred, those with two only among thousands.
  for (let mistakes = 1; mistakes <= most; mistakes++) {
    const found = await findLike(db, letters, mistakes);
    if (found.length > 0) return found;
  }
  return [];
}

/** Those with so many mistakes, that some recording still has. */
async function findLike(
  db: Kysely<StoreSchema>,
  letters: readonly string[],
  mistakes: number,
): Promise<string[]> {
  const candidates = await readCandidates(db, letters, mistakes);
  const found: string[] = [];
  for (const candidate of candidates) {
    if (found.length >= LIKE_WORDS_LIMIT) break;
    if (distanceBetween(letters, [...candidate], mistakes) !== mistakes) continue;
    const term = { anyOf: [[candidate]], isPrefix: false, isExcluded: false, isExact: true };
    if (await isKnown(db, term)) found.push(candidate);
  }
  return found;
}

/** Words of about this length that share as many groups of three letters as a like word must. */
async function readCandidates(
  db: Kysely<StoreSchema>,
  letters: readonly string[],
  mistakes: number,
): Promise<string[]> {
  const broken = GRAMS_PER_MISTAKE * mistakes;
  const grams = gramsOf(letters);
  const inLength = sql`word_length BETWEEN ${letters.length - mistakes} AND ${letters.length + mistakes}`;
  // As many as a like word can lack and two more: of these it has two, whichever they are, so the rarest will do.
  const asked =
    grams.length <= broken + 2 ? grams : (await byRarity(db, grams, inLength)).slice(0, broken + 2);
  const { rows } = await sql<{ word: string }>`SELECT word FROM search_word_grams
    WHERE gram IN (SELECT value FROM ${tableOf(asked)} AS g) AND ${inLength}
    GROUP BY word HAVING count(*) >= ${Math.max(1, asked.length - broken)}
    ORDER BY count(*) DESC, word LIMIT ${CANDIDATE_LIMIT}`.execute(db);
  return rows.map((row) => row.word);
}

async function byRarity(
  db: Kysely<StoreSchema>,
  grams: readonly string[],
  inLength: RawBuilder<unknown>,
): Promise<string[]> {
  const { rows } = await sql<{ gram: string }>`SELECT value AS gram FROM ${tableOf(grams)} AS g
    ORDER BY (SELECT count(*) FROM (
      SELECT 1 FROM search_word_grams WHERE gram = g.value AND ${inLength} LIMIT ${COUNTED_LIMIT}) AS counted), value`.execute(
    db,
  );
  return rows.map(({ gram }) => gram);
}

/** Two blanks before the word and one behind it, so that its first letters count most. */
function gramsOf(letters: readonly string[]): string[] {
  const padded = [' ', ' ', ...letters, ' '];
  return [...new Set(padded.slice(2).map((_, index) => padded.slice(index, index + 3).join('')))];
}

/**
 * Letters put in, left out, changed, or two neighbours that changed places, to make one word of the other; `limit` + 1
 * when there are more than `limit`.
 */
export function distanceBetween(a: readonly string[], b: readonly string[], limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.entries()) {
    const line = [i + 1];
    for (const [j, other] of b.entries()) {
      const changed = (last[j] ?? 0) + (letter === other ? 0 : 1);
      const swapped =
        i > 0 && j > 0 && letter === b[j - 1] && a[i - 1] === other ? (before[j - 1] ?? 0) + 1 : changed;
      line.push(Math.min((last[j + 1] ?? 0) + 1, (line[j] ?? 0) + 1, changed, swapped));
    }
    if (Math.min(...line) > limit) return limit + 1;
    before = last;
    last = line;
  }
  return last[b.length] ?? limit + 1;
}
