import { setImmediate as turn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { wordsOf } from '../model/search-folding.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { type FoundRows, findRows } from './list-rows.ts';
import type { ListRequest } from './list-source.ts';
import { readInOrder } from './read-in-order.ts';
import type { RecordingRow } from './recording-row.ts';
import type { Search } from './search-condition.ts';
import { isRowAt } from './search-matches.ts';
import type { SearchTerm } from './search-terms.ts';

/** So many of the newest matches are ranked: to rank a million for a common word would take seconds. */
const RANKED_LIMIT = 1_000;
// So many texts are looked at before others have their turn on this thread.
const TURN_COUNT = 100;
/** What a match counts: a whole word twice, the beginning of one once. */
const WEIGHTS = { title: 40, tags: 20, filename: 10, notes: 5 } as const;
/** What a title counts that is nothing but what was searched for. */
const WHOLE_TITLE = 30;

const TEXTS = sql.raw(
  'r.row_key, r.take_id, r.segment, r.stored_filename, r.title, r.tags, r.filename, substr(r.notes, 1, 1000) AS notes',
);
type Texts = Pick<RecordingRow, 'row_key' | 'take_id' | 'segment' | 'stored_filename' | keyof typeof WEIGHTS>;

interface Rank {
  readonly score: number;
  readonly key: number;
}

/** Whether a page among those that are ranked can have ended there. */
export function isPlaceOfRank(position: readonly (string | number)[]): boolean {
  return position.length === 3 && position.every((key) => typeof key === 'number');
}

/**
 * The newest matches, best first; when they are through, all older ones, newest first. A position is the newest row
 * key of those that are ranked with the last rank that was read, or one number: the last row key of the older ones.
 */
export async function findRanked(
  db: Kysely<StoreSchema>,
  request: ListRequest,
  search: Search,
): Promise<FoundRows> {
  const { after, limit } = request;
  if (after?.length === 1) return findRows(db, request, search);
  const [newestKey, lastScore, lastKey] = (after ?? []).map(Number);
  const isLater = newestKey !== undefined && lastScore !== undefined && lastKey !== undefined;
  const newest = await findRows<Texts>(
    db,
    { ...request, after: isLater ? [newestKey + 1] : undefined, limit: RANKED_LIMIT },
    search,
    TEXTS,
  );
  const ranks = await rank(newest.rows, search.terms);
  const from = isLater ? ranks.filter((one) => compare({ score: lastScore, key: lastKey }, one) < 0) : ranks;
  const shown = from.slice(0, limit);
  const last = shown.at(-1);
  const first = newestKey ?? newest.rows[0]?.row_key;
  const next =
    from.length > limit && last && first !== undefined ? [first, last.score, last.key] : newest.next;
  const keys = shown.map(({ key }) => key);
  return { rows: await readInOrder<RecordingRow>(db, keys), next };
}

/** Higher scores first, of equal ones the newest first. */
function compare(a: Rank, b: Rank): number {
  return b.score - a.score || b.key - a.key;
}

async function rank(rows: readonly Texts[], terms: readonly SearchTerm[]): Promise<Rank[]> {
  const ranks: Rank[] = [];
  for (const [index, row] of rows.entries()) {
    if (index % TURN_COUNT === TURN_COUNT - 1) await turn();
    ranks.push({ score: scoreOf(row, terms), key: row.row_key });
  }
  return ranks.sort(compare);
}

function scoreOf(row: Texts, terms: readonly SearchTerm[]): number {
  const wanted = terms.filter((term) => !term.isExcluded);
  const title = wordsOf(row.title);
  const texts = [
    { words: title, weight: WEIGHTS.title },
    { words: wordsOf(row.tags), weight: WEIGHTS.tags },
    { words: wordsOf(row.filename), weight: WEIGHTS.filename },
    { words: wordsOf(row.notes), weight: WEIGHTS.notes },
  ];
  let score = 0;
  let matchedInTitle = 0;
  for (const term of wanted) {
    const matches = texts.map(({ words, weight }) => weight * closeness(words, term));
    score += Math.max(...matches);
    if (matches[0]) matchedInTitle += term.anyOf[0]?.length ?? 0;
  }
  return (
    score + Math.round((WHOLE_TITLE * Math.min(matchedInTitle, title.length)) / Math.max(title.length, 1))
  );
}

/** 2: the words themselves stand there; 1: the last of them goes on; 0: they do not. */
function closeness(words: readonly string[], { anyOf, isPrefix }: SearchTerm): 0 | 1 | 2 {
  const stands = (mayGoOn: boolean) =>
    anyOf.some((row) => words.some((_, at) => isRowAt(words, at, row, mayGoOn)));
  if (stands(false)) return 2;
  return isPrefix && stands(true) ? 1 : 0;
}
