/**
 * Text that came from outside, made safe for a terminal, and measured in the columns it takes there.
 * A title or file name can hold escape sequences that recolour, move or forge what the terminal shows.
 */

// C0 and C1 controls, DEL; line and paragraph separators; the marks that turn the direction of writing
// (Unicode TR 9, "Trojan Source"); byte order mark; soft hyphen; tags (plane 14); lone surrogates.
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** `text` with everything a terminal could obey written out as an escape: `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON text that no terminal obeys; the same value when parsed. JSON.stringify itself escapes only C0. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, (mark) =>
    // The line breaks here are the ones that indentation made: those of the value are escaped already.
    mark === '\n' ? mark : escapeUtf16(mark),
  );
}

function escapeUtf16(mark: string): string {
  let escaped = '';
  for (let i = 0; i < mark.length; i++) escaped += `\\u${mark.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return escaped;
}

const isPlainAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** Columns that `text` takes: 2 for East Asian wide characters and emoji (Unicode TR 11), 0 for combining marks. */
export function displayWidth(text: string): number {
  if (isPlainAscii(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes().segment(text)) width += graphemeWidth(segment);
  return width;
}

/** `text` in exactly `columns` columns: padded with spaces, or cut and ended with `…`. */
export function fitColumns(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const cut = displayWidth(text) > columns ? cutTo(text, columns) : text;
  const padding = ' '.repeat(Math.max(0, columns - displayWidth(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

function cutTo(text: string, columns: number): string {
  let width = 0;
  let kept = '';
  for (const { segment } of graphemes().segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

function graphemes(): Intl.Segmenter {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' });
}
