import { isSha256Hex } from './digest.ts';
import { VoiceRecorderError } from './failure.ts';
import { isTimelineWord, type TakeGap } from './take-timeline.ts';
import type { UploadWish } from './upload.ts';

/** Name of a file that came without one. */
const NAMELESS = 'recording';
const MAX_TAGS = 100;
const MAX_LINE_LENGTH = 1000;
const MAX_NOTES_LENGTH = 100_000;

/**
 * What the keys of Upload-Metadata say; everything may be left out. The date of the file (`recordedAtSource` is
 * `file-date`) travels under a key of its own, `fileDate`: what the file itself says is believed before it.
 */
export type UploadMetadata = Partial<UploadWish>;

/**
 * The value of a tus `Upload-Metadata` header: pairs of a key and a Base64 value (of UTF-8), separated by commas.
 * What is null, empty or missing is left out.
 */
export function encodeUploadMetadata(metadata: UploadMetadata): string {
  const texts: [string, string | number | null | undefined][] = [
    ['filename', metadata.filename],
    ['title', metadata.title],
    ['tags', metadata.tags?.length ? JSON.stringify(metadata.tags) : null],
    ['notes', metadata.notes],
    ['kind', metadata.kind],
    ['takeId', metadata.takeId],
    ['segment', metadata.segment],
    ['gapCause', metadata.gapBefore?.cause],
    ['gapSeconds', metadata.gapBefore?.durationSeconds],
    [metadata.recordedAtSource === 'file-date' ? 'fileDate' : 'recordedAt', metadata.recordedAt],
    ['recordedAtZone', metadata.recordedAtZone],
    ['preset', metadata.preset],
    ['checksum', metadata.checksum],
  ];
  return texts
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([key, value]) => `${key} ${toBase64(String(value))}`)
    .join(',');
}

/**
 * Reads a tus `Upload-Metadata` header; unknown keys are ignored. `tags` may be a JSON array or a list with commas.
 * Throws `upload-metadata-invalid`, naming the key.
 */
export function decodeUploadMetadata(header: string): UploadWish {
  const values = readPairs(header);
  const kind = values.get('kind') ?? 'file';
  if (kind !== 'take' && kind !== 'file') throw refuse('kind', '"take" or "file"', kind);
  const given = readDate('recordedAt', values);
  const fileDate = readDate('fileDate', values);
  return {
    kind,
    filename: values.get('filename') || NAMELESS,
    title: readText('title', values, MAX_LINE_LENGTH),
    tags: readTags(values.get('tags')),
    notes: readText('notes', values, MAX_NOTES_LENGTH) ?? '',
    takeId: readMatch('takeId', values, /^[\w-]{1,64}$/, 'up to 64 letters, digits and hyphens'),
    segment: readSegment(values.get('segment')),
    gapBefore: readGap(values.get('gapCause'), values.get('gapSeconds')),
    recordedAt: given ?? fileDate,
    recordedAtSource: given !== null ? (kind === 'take' ? 'take' : 'given') : fileDate && 'file-date',
    // The shape only: the client's list of zones may be newer than ours, and no take is refused for that.
    recordedAtZone: readMatch('recordedAtZone', values, /^[\w+-]+(\/[\w+-]+){0,2}$/, 'an IANA zone name'),
    preset: readMatch('preset', values, /^[\w.-]{1,64}$/, 'the id of a preset'),
    checksum: readChecksum(values.get('checksum')),
  };
}

function readPairs(header: string): Map<string, string> {
  const values = new Map<string, string>();
  if (header.trim() === '') return values;
  for (const pair of header.split(',')) {
    const [key = '', encoded = '', ...rest] = pair.trim().split(/ +/);
    if (key === '' || rest.length > 0) {
      throw new VoiceRecorderError(
        'upload-metadata-invalid',
        `The Upload-Metadata header is not a list of "key base64" pairs separated by commas: found "${pair.slice(0, 80)}".`,
      );
    }
    if (values.has(key)) throw refuse(key, 'each key once', 'it twice');
    values.set(key, fromBase64(key, encoded));
  }
  return values;
}

function readText(key: string, values: Map<string, string>, maxLength: number): string | null {
  const value = values.get(key);
  if (value === undefined || value === '') return null;
  if (value.length > maxLength) throw refuse(key, `at most ${maxLength} characters`, `${value.length}`);
  return value;
}

function readMatch(
  key: string,
  values: Map<string, string>,
  pattern: RegExp,
  expected: string,
): string | null {
  const value = values.get(key);
  if (value === undefined || value === '') return null;
  if (!pattern.test(value)) throw refuse(key, expected, value);
  return value;
}

function readTags(value: string | undefined): string[] {
  if (value === undefined) return [];
  const tags = value.trimStart().startsWith('[') ? parseTagArray(value) : value.split(',');
  const kept = [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
  if (kept.length > MAX_TAGS) throw refuse('tags', `at most ${MAX_TAGS} tags`, `${kept.length}`);
  for (const tag of kept) {
    if (tag.length > MAX_LINE_LENGTH)
      throw refuse('tags', `tags of at most ${MAX_LINE_LENGTH} characters`, tag);
  }
  return kept;
}

function parseTagArray(value: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (cause) {
    throw refuse('tags', 'a JSON array of strings, or words separated by commas', value, cause);
  }
  if (Array.isArray(parsed) && parsed.every((tag) => typeof tag === 'string')) return parsed;
  throw refuse('tags', 'a JSON array of strings, or words separated by commas', value);
}

function readSegment(value: string | undefined): number | null {
  if (value === undefined || value === '') return null;
  if (!/^\d{1,9}$/.test(value)) throw refuse('segment', 'a whole number from 0', value);
  return Number(value);
}

function readGap(cause: string | undefined, seconds: string | undefined): TakeGap | null {
  if (!cause && !seconds) return null;
  if (cause && !isTimelineWord(cause)) throw refuse('gapCause', 'a word in small letters', cause);
  const durationSeconds = seconds ? Number(seconds) : null;
  if (seconds && !/^\d{1,9}(\.\d+)?$/.test(seconds)) throw refuse('gapSeconds', 'seconds from 0 on', seconds);
  return { durationSeconds, cause: cause || 'unknown' };
}

function readDate(key: string, values: Map<string, string>): string | null {
  const value = values.get(key);
  if (value === undefined || value === '') return null;
  const hasZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(value);
  const epochMs = hasZone ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(epochMs)) throw refuse(key, 'a date and time with zone in ISO 8601', value);
  return new Date(epochMs).toISOString();
}

function readChecksum(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  const checksum = value.toLowerCase();
  if (!isSha256Hex(checksum)) throw refuse('checksum', 'a SHA-256 as 64 hexadecimal digits', value);
  return checksum;
}

function refuse(key: string, expected: string, found: string, cause?: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'upload-metadata-invalid',
    `"${key}" in Upload-Metadata: expected ${expected}, found ${JSON.stringify(found.slice(0, 80))}.`,
    { cause, details: { key } },
  );
}

function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(key: string, encoded: string): string {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse(key, 'Base64 of UTF-8 text', encoded, cause);
  }
}
