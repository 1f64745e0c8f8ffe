// Names of files as they come from other machines: made safe to show, to log and to save under.

/** Leaves room for " (2)" and the like below the 255 bytes that file systems allow. */
const MAX_NAME_BYTES = 240;
const MAX_EXTENSION_BYTES = 20;
const NAMELESS = 'recording';

// Controls (C0, DEL, C1), line and paragraph separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
// What turns the direction of text or is not seen at all: `song\u202Egpj.wav` would read as `songvaw.jpg`.
// The joiners U+200C and U+200D stay: several scripts and emoji need them.
const UNSEEN =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/g;
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]/g;
const RESERVED_ON_WINDOWS =
  /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i;

/**
 * `name` as a plain file name: the last part of a path, in Unicode form C, without anything that hides, turns or
 * climbs, at most 240 bytes; `recording` when nothing is left.
 */
export function safeFileName(name: string): string {
  const last =
    name
      .toWellFormed()
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '';
  const visible = last.replace(CONTROLS, '').replace(UNSEEN, '').normalize('NFC');
  const plain = visible
    .replace(FORBIDDEN_ON_WINDOWS, '_')
    .replace(/^[\s.]+/, '')
    .replace(/[\s.]+$/, '');
  const safe = RESERVED_ON_WINDOWS.test(plain) ? `_${plain}` : plain;
  return shorten(safe === '' ? NAMELESS : safe);
}

/** What stands before the extension, with spaces where the name had none: `Interview_with_Ada.wav` -> `Interview with Ada`. */
export function titleFromFileName(name: string): string {
  const { stem } = splitExtension(safeFileName(name));
  const spaced = stem.includes(' ') ? stem : stem.replaceAll('_', ' ');
  const title = oneLine(spaced);
  return title === '' || title === NAMELESS ? 'Untitled recording' : title;
}

/** Text for one line: no controls, no hidden marks, single spaces, at most `maxCharacters`. */
export function oneLine(text: string, maxCharacters = 500): string {
  const line = text
    .toWellFormed()
    .replace(CONTROLS, ' ')
    .replace(UNSEEN, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= maxCharacters) return line;
  return [...line].slice(0, maxCharacters).join('').trimEnd();
}

function splitExtension(name: string): { stem: string; extension: string } {
  const found = /^(.+)(\.[\p{L}\p{N}]+)$/u.exec(name);
  const extension = found?.[2] ?? '';
  if (found === null || byteLength(extension) > MAX_EXTENSION_BYTES) return { stem: name, extension: '' };
  return { stem: found[1] ?? name, extension };
}

/** Cuts before the extension and between characters as people see them, so that no emoji or accent is torn. */
function shorten(name: string): string {
  if (byteLength(name) <= MAX_NAME_BYTES) return name;
  const { stem, extension } = splitExtension(name);
  const room = MAX_NAME_BYTES - byteLength(extension);
  let kept = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(stem)) {
    bytes += byteLength(segment);
    if (bytes > room) break;
    kept += segment;
  }
  // A single "character" of hundreds of marks fills the room alone.
  if (kept === '') kept = NAMELESS;
  return `${kept.replace(/[\s.]+$/, '')}${extension}`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
