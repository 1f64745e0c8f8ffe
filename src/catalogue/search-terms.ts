import { wordsOf } from '../model/search-folding.ts';

/** One condition of a search: one of these rows of words stands there, each row in its order. */
export interface SearchTerm {
  readonly anyOf: readonly (readonly string[])[];
  /** The last word may go on. */
  readonly isPrefix: boolean;
  readonly isExcluded: boolean;
  /** In quotes: nothing like it will do. */
  readonly isExact: boolean;
}

// Long enough for any search by a person; a pasted book must not become a query of ten thousand words.
const WORD_LIMIT = 24;
const TEXT_LIMIT = 4_000;
/** Words up to a blank, or up to the next quote; a hyphen before them excludes. */
const TERM = /(-?)(?:"([^"]*)("?)|(\S+))/gu;

/**
 * What a person asks for. Everything but quotes and leading hyphens is text, however much it looks like an operator.
 * The last word is taken for unfinished unless something follows it.
 */
export function parseSearch(text: string): readonly SearchTerm[] {
  const terms: SearchTerm[] = [];
  let wordCount = 0;
  const asked = text.toWellFormed().slice(0, TEXT_LIMIT).normalize('NFC');
  for (const match of asked.matchAll(TERM)) {
    const [whole, hyphen, quoted, closing, plain = ''] = match;
    const words = wordsOf(quoted ?? plain).slice(0, WORD_LIMIT - wordCount);
    if (words.length === 0) continue;
    wordCount += words.length;
    const isLast = match.index + whole.length === asked.length;
    const isExcluded = hyphen === '-';
    // A quote that is still open is being typed.
    const isExact = quoted !== undefined && closing === '"';
    terms.push({ anyOf: [words], isPrefix: isLast && !isExact && !isExcluded, isExcluded, isExact });
  }
  return terms;
}

/** The FTS5 expression for the terms. Every word is quoted, so that nothing is taken for an operator. */
export function toMatchExpression(terms: readonly SearchTerm[], shelf: 'library' | 'trash'): string {
  const of = (isExcluded: boolean) => terms.filter((term) => term.isExcluded === isExcluded).map(matchTerm);
  const [wanted, unwanted] = [of(false), of(true)];
  // The trash is small beside the library: naming it here spares a walk through all that was found outside it.
  const parts = shelf === 'trash' || wanted.length === 0 ? [`shelf : "${shelf}"`] : [];
  if (wanted.length > 0) parts.push(inTexts(wanted.join(' AND ')));
  const found = parts.join(' AND ');
  return unwanted.length === 0 ? found : `(${found}) NOT ${inTexts(unwanted.join(' OR '))}`;
}

/** The same for PostgreSQL, as the text of a `tsquery`. */
export function toTsQuery(terms: readonly SearchTerm[]): string {
  return terms
    .map(({ anyOf, isPrefix, isExcluded }) => {
      const rows = anyOf.map((words) => words.map((word) => `'${word}'`).join(' <-> '));
      const either = rows.map((row) => `(${row}${isPrefix ? ':*' : ''})`).join(' | ');
      return `${isExcluded ? '!' : ''}(${either})`;
    })
    .join(' & ');
}

function inTexts(expression: string): string {
  return `({title tags notes filename} : (${expression}))`;
}

function matchTerm({ anyOf, isPrefix }: SearchTerm): string {
  const rows = anyOf.map((words) => `"${words.join(' ')}"${isPrefix ? ' *' : ''}`);
  return `(${rows.join(' OR ')})`;
}
