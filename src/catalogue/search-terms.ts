// Long enough for any search by a person; a pasted book must not become a query of ten thousand terms.
const TERM_LIMIT = 24;
// What the tokenizer `unicode61` makes words of: https://sqlite.org/fts5.html#unicode61_tokenizer
const WORD_CHARACTER = /[\p{L}\p{N}\p{Co}]/u;

/**
 * The FTS5 expression that finds all words of `text`, the last of which may be unfinished unless a blank follows it;
 * undefined when there is no word in it. Each word is quoted, so that nothing a person types is taken for an operator.
 */
export function toMatchExpression(text: string, shelf: 'library' | 'trash'): string | undefined {
  const terms = text
    .toWellFormed()
    .replaceAll('\0', ' ')
    .normalize('NFC')
    .split(/\s+/u)
    .filter((term) => WORD_CHARACTER.test(term))
    .slice(0, TERM_LIMIT)
    .map((term) => `"${term.replaceAll('"', '""')}"`);
  if (terms.length === 0) return undefined;
  // A whole word is read from the index as far as the page needs, an unfinished one to its end.
  const ending = /\s$/u.test(text) ? '' : ' *';
  const words = `{title tags notes filename} : (${terms.join(' AND ')}${ending})`;
  // The trash is small beside the library: naming it here spares a walk through all that was found outside it.
  return shelf === 'trash' ? `shelf : "trash" AND ${words}` : words;
}
