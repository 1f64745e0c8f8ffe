import { setImmediate as turn } from 'node:timers/promises';
import type { ListedRecording, SearchMatch } from '../model/recording.ts';
import { findWords } from '../model/search-folding.ts';
import type { SearchTerm } from './search-terms.ts';

// Nobody looks at more, and the answer stays small.
const MATCHES_PER_TEXT = 20;
const EXCERPT = { before: 60, length: 200 } as const;
// So many characters are looked through before others have their turn on this thread.
const TURN_LENGTH = 50_000;

/** The recordings with the places where the terms were found in title and notes. */
export async function withMatches(
  items: readonly ListedRecording[],
  terms: readonly SearchTerm[],
): Promise<ListedRecording[]> {
  const marked: ListedRecording[] = [];
  let length = 0;
  for (const item of items) {
    const { title, notes } = item;
    const inNotes = findMatches('notes', notes, terms);
    const matches = [...findMatches('title', title, terms), ...inNotes];
    const [first] = inNotes;
    marked.push({
      ...item,
      ...(matches.length > 0 && { matches }),
      ...(first && { notesExcerpt: excerptAround(first, notes) }),
    });
    length += notes.length;
    if (length < TURN_LENGTH) continue;
    length = 0;
    await turn();
  }
  return marked;
}

export function findMatches(
  field: SearchMatch['field'],
  text: string,
  terms: readonly SearchTerm[],
): SearchMatch[] {
  const matches: SearchMatch[] = [];
  const longest = Math.max(...terms.flatMap(({ anyOf }) => anyOf.map((words) => words.length)));
  // The words from the one that is looked at to as many behind it as the longest row has.
  const ahead = [];
  const all = findWords(text);
  let end = 0;
  for (;;) {
    while (ahead.length < longest) {
      const { value } = all.next();
      if (value === undefined) break;
      ahead.push(value);
    }
    const [first] = ahead;
    if (first === undefined || matches.length >= MATCHES_PER_TEXT) return matches;
    const count = countMatched(
      ahead.map(({ word }) => word),
      terms,
    );
    const last = ahead[count - 1];
    if (last !== undefined && first.start >= end) {
      end = last.start + last.length;
      matches.push({ field, start: first.start, length: end - first.start });
    }
    ahead.shift();
  }
}

/** How many words from the first on one of the terms matches; the most of them. */
function countMatched(words: readonly string[], terms: readonly SearchTerm[]): number {
  let most = 0;
  for (const { anyOf, isPrefix, isExcluded } of terms) {
    if (isExcluded) continue;
    for (const row of anyOf) if (row.length > most && isRowAt(words, 0, row, isPrefix)) most = row.length;
  }
  return most;
}

export function isRowAt(
  words: readonly string[],
  at: number,
  row: readonly string[],
  isPrefix: boolean,
): boolean {
  return row.every((wanted, index) => {
    const word = words[at + index];
    if (word === undefined) return false;
    return isPrefix && index === row.length - 1 ? word.startsWith(wanted) : word === wanted;
  });
}

/** Ends between words, where there are any. */
function excerptAround(match: SearchMatch, notes: string): { start: number; length: number } {
  const from = Math.max(0, match.start - EXCERPT.before);
  const blank = from === 0 ? -1 : notes.slice(from, match.start).search(/\s/);
  const start = blank === -1 ? from : from + blank + 1;
  const to = Math.min(notes.length, Math.max(start + EXCERPT.length, match.start + match.length));
  const rest = to === notes.length ? -1 : notes.slice(match.start + match.length, to).search(/\s\S*$/);
  const end = rest === -1 ? to : match.start + match.length + rest;
  return {
    start: wholeCharacter(notes, start),
    length: wholeCharacter(notes, end) - wholeCharacter(notes, start),
  };
}

/** Never between the halves of a character of two. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
