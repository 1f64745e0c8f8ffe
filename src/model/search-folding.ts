/*
 * What a word is to search and to the order of titles, for every database and for the marks of matches. It agrees with
 * FTS5's tokenizer `unicode61 remove_diacritics 2` (https://sqlite.org/fts5.html#unicode61_tokenizer): letters and
 * digits make words, case counts for nothing, Latin letters lose their accents and those of other scripts keep them.
 */

/** A word and its place in the text it stands in, in UTF-16 units. */
export interface FoundWord {
  readonly word: string;
  readonly start: number;
  readonly length: number;
}

const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;
const ASCII_ONLY = /^[\w]*$/;
const ACCENTED_LATIN = /([A-Za-z])[\u0300-\u036f]+/g;
const LONE_ACCENT = /[\u0300-\u036f]/g;
// Letters with a second small form (Unicode's CaseFolding.txt).
const SECOND_FORMS = /[\u017f\u03c2\u00b5]/g;
const FIRST_FORM: Readonly<Record<string, string>> = { '\u017f': 's', '\u03c2': 'σ', '\u00b5': 'μ' };
// No person's word is longer; a database's index refuses words of some thousand bytes.
const WORD_LIMIT = 100;
// A number in a title is compared as a number up to this many digits.
const NUMBER_DIGITS = 10;
// Enough to tell titles apart, and little enough for an index.
const TITLE_KEY_LIMIT = 120;

function foldWord(word: string): string {
  const folded = ASCII_ONLY.test(word) ? word.toLowerCase() : foldUnicode(word);
  return folded.length > WORD_LIMIT ? cut(folded, WORD_LIMIT) : folded;
}

/** The words of `text` in their order, folded, with their places. */
export function* findWords(text: string): Generator<FoundWord, void, undefined> {
  for (const match of text.matchAll(WORD)) {
    const [found] = match;
    yield { word: foldWord(found), start: match.index, length: found.length };
  }
}

/** The words of `text` in their order, folded: what a search index keeps of it. */
export function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).map(foldWord);
}

/** Titles are ordered by this, byte by byte: by their words, and by numbers in them as numbers. */
export function titleKeyOf(title: string): string {
  const words = wordsOf(title).join(' ');
  const key = words.replace(/\d+/g, (digits) => digits.replace(/^0+/, '').padStart(NUMBER_DIGITS, '0'));
  return cut(key, TITLE_KEY_LIMIT);
}

function foldUnicode(word: string): string {
  return word
    .normalize('NFD')
    .replace(ACCENTED_LATIN, '$1')
    .normalize('NFC')
    .replace(LONE_ACCENT, '')
    .toLowerCase()
    .replace(SECOND_FORMS, (letter) => FIRST_FORM[letter] ?? letter);
}

/** Never half of a character of two. */
function cut(text: string, limit: number): string {
  const part = text.slice(0, limit);
  return part.isWellFormed() ? part : part.slice(0, -1);
}
