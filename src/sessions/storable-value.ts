/** Stands for a NUL, which PostgreSQL keeps in no text. */
const REPLACEMENT = '\ufffd';

/** A parameter as both databases keep it: booleans as 0 and 1, and a NUL in a text as the mark for an unknown character. */
export function storableValue(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && value.includes('\0')) return value.replaceAll('\0', REPLACEMENT);
  return value;
}

// As JSON.stringify writes a NUL and one half of a character of two (a lone surrogate).
const UNSTORABLE = /\\u(0000|d[89a-f])/i;

/** JSON whose texts both databases can keep and read: what is no character becomes the mark for it. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Asked first, for the second way costs several times as much.
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', REPLACEMENT) : part,
  );
}
