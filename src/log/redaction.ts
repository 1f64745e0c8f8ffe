/** Fields that never reach a log, however they came into a line. */
export const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'sessionSecret',
  'loginCode',
];

/** What a person wrote or named; hidden unless names are asked for. */
export const PRIVATE_FIELDS = ['title', 'notes', 'tags', 'filename', 'originalFilename', 'sourceFile'];

// Secrets that stand in the midst of a sentence, a stack or an address.
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic) +[\w.~+/=-]+/gi, '$1 (hidden)'],
  [/([?#&](?:login|token|secret|password|signature)=)[^\s"&\\]+/gi, '$1(hidden)'],
  [/(:\/\/[^\s:/@"\\]{0,200}:)[^\s@/"\\]+@/g, '$1(hidden)@'],
  // 32 random bytes in base64url, as tokens and sessions are; checksums are longer, ids shorter.
  [/(?<![\w-])(?:vrp_)?[\w-]{43}(?![\w-])/g, '(hidden)'],
];

// An ending that no name stands before is none.
const AUDIO_ENDING =
  /(?<=\S)\.(?:wav|wave|bwf|rf64|flac|mp3|m4a|m4b|mp4|mov|aac|ogg|oga|opus|webm|mka|mkv|aiff|aif|aifc|caf|amr|3gp|wma|au|w64|dsf)(?![\w-])/gi;
// The store's own names carry a date and an id, and say nothing about anybody.
const OWN_NAME = /\d{8}T\d{6}Z-[\w.-]+$/;
const LONGEST_NAME = 4_096;

/** A line without the secrets that a sentence of ours, or of a library, carried into it. */
export function hideSecrets(line: string): string {
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

/**
 * A line without the names of people's audio files. Names may have blanks: what stands between the last quotation mark,
 * colon, comma or bracket and the ending goes with them, rather too much than a part of a name too little.
 */
export function hideFileNames(line: string): string {
  let shown = '';
  let from = 0;
  for (const { 0: ending, index } of line.matchAll(AUDIO_ENDING)) {
    const end = index + ending.length;
    const before = line.slice(Math.max(from, index - LONGEST_NAME), index);
    const name = before.slice(1 + Math.max(...[...'":;,(\\'].map((mark) => before.lastIndexOf(mark))));
    if (OWN_NAME.test(name)) continue;
    shown += `${line.slice(from, index - name.length)}(a file)${ending}`;
    from = end;
  }
  return shown + line.slice(from);
}
