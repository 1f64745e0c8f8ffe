import { isSha256Hex } from './digest.ts';
import { VoiceRecorderError } from './failure.ts';
import type { HistoryEntry } from './history.ts';
import { readHistory } from './history-reading.ts';
import { isId } from './id.ts';
import { RECORDING_STATUSES, type Recording } from './recording.ts';
import { SIDECAR_FORMAT, SIDECAR_FORMAT_VERSION, type Sidecar } from './sidecar.ts';

interface Field {
  readonly expected: string;
  readonly isRight: (value: unknown) => boolean;
  /** What holds where a sidecar of an earlier version lacks the field; without one it must be there. */
  readonly missing?: unknown;
}

/** What a sidecar tells. */
export interface KnownSidecar {
  readonly recording: Recording;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
}

/**
 * The recording that a sidecar describes, and its history. Fields that it lacks get what they mean when nothing is known; fields that
 * this version does not know are left out.
 * Throws `sidecar-unreadable` (no JSON, another document, or a value that cannot be) or `sidecar-too-new`.
 */
export function readSidecar(text: string, name: string): KnownSidecar {
  const content = parse(text, name);
  if (content['format'] !== SIDECAR_FORMAT)
    throw unreadable(name, `"format" is not "${SIDECAR_FORMAT}"`, undefined);
  const version = content['formatVersion'];
  if (typeof version === 'number' && version > SIDECAR_FORMAT_VERSION) {
    throw new VoiceRecorderError(
      'sidecar-too-new',
      `The sidecar ${name} has format ${version}, this program knows up to ${SIDECAR_FORMAT_VERSION}. Use a newer Voice Recorder Pro.`,
    );
  }
  const {
    format: _format,
    formatVersion: _version,
    metadataVersion,
    history,
    ...rest
  } = checked(content, name);
  return {
    recording: { ...rest, version: metadataVersion },
    history: readHistory(history, metadataVersion),
  };
}

function checked(content: Readonly<Record<string, unknown>>, name: string): Sidecar {
  const fields: Record<string, unknown> = {};
  for (const [field, { expected, isRight, missing }] of Object.entries<Field>(FIELDS)) {
    const value = content[field] === undefined ? missing : content[field];
    if (value === undefined) throw unreadable(name, `"${field}" is missing`, undefined);
    if (!isRight(value)) throw unreadable(name, `"${field}" is not ${expected}`, undefined);
    fields[field] = value;
  }
  return fields as unknown as Sidecar;
}

function parse(text: string, name: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, 'it is no JSON', cause);
  }
  if (isObject(content)) return content;
  throw unreadable(name, 'it is no JSON object', undefined);
}

function unreadable(name: string, why: string, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError('sidecar-unreadable', `The sidecar ${name} cannot be used: ${why}.`, {
    cause,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const isDate = (value: unknown) => isText(value) && Date.parse(value) >= 0;
const isCount = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const orNull = (isRight: Field['isRight']) => (value: unknown) => value === null || isRight(value);
const listOf = (isRight: Field['isRight']) => (value: unknown) =>
  Array.isArray(value) && value.every(isRight);

/** A path inside the store whose parts climb nowhere. */
function isStoredPath(value: unknown): boolean {
  return isText(value) && /^(raw|edited|quarantine)\//.test(value) && !/(^|\/)\.{0,2}(\/|$)|\\/.test(value);
}

const text: Field = { expected: 'text', isRight: isText };
const nullableText: Field = { expected: 'text or null', isRight: orNull(isText), missing: null };
const nullableNumber: Field = { expected: 'a number or null', isRight: orNull(isNumber), missing: null };
const nullableDate: Field = { expected: 'a date or null', isRight: orNull(isDate), missing: null };
const nullableObject: Field = { expected: 'an object or null', isRight: orNull(isObject), missing: null };
const count: Field = { expected: 'a whole number', isRight: isCount };
const texts: Field = { expected: 'a list of texts', isRight: listOf(isText), missing: [] };
const objects: Field = { expected: 'a list of objects', isRight: listOf(isObject), missing: [] };
const date: Field = { expected: 'a date', isRight: isDate };
const one = (words: readonly string[]): Field => ({
  expected: `one of ${words.join(', ')}`,
  isRight: (value) => words.includes(value as string),
});

/** Complete by its type: a field that `Recording` gains must say what it means where it is missing. */
const FIELDS = {
  format: text,
  formatVersion: count,
  metadataVersion: {
    expected: 'a whole number from 1',
    isRight: (value) => isCount(value) && Number(value) >= 1,
  },
  id: { expected: 'a recording id', isRight: (value) => isText(value) && isId(value) },
  kind: one(['take', 'file', 'edit']),
  title: text,
  filename: text,
  storedFilename: { expected: 'a path in the store', isRight: isStoredPath },
  filesizeBytes: count,
  checksum: { expected: 'a SHA-256', isRight: (value) => isText(value) && isSha256Hex(value) },
  audioChecksum: nullableText,
  audioChecksumMethod: nullableText,
  mimeType: text,
  container: text,
  codec: text,
  duration: nullableNumber,
  sampleRateHz: { expected: 'a number', isRight: isNumber },
  channels: count,
  bitDepth: nullableNumber,
  bitRateBps: nullableNumber,
  isPlayable: { expected: 'true or false', isRight: (value) => typeof value === 'boolean', missing: false },
  tags: texts,
  notes: { ...text, missing: '' },
  markers: objects,
  timeline: objects,
  collections: texts,
  aliases: objects,
  embedded: { expected: 'an object', isRight: isObject },
  loudness: nullableObject,
  silenceShare: nullableNumber,
  warnings: objects,
  status: one(RECORDING_STATUSES),
  createdAt: date,
  modifiedAt: date,
  trashedAt: nullableDate,
  // Sound was recorded long before 1970.
  recordedAt: {
    ...nullableDate,
    isRight: orNull((value) => isText(value) && !Number.isNaN(Date.parse(value))),
  },
  recordedAtSource: nullableText,
  recordedAtZone: nullableText,
  preset: nullableText,
  takeId: nullableText,
  segment: { expected: 'a whole number or null', isRight: orNull(isCount), missing: null },
  gapBefore: nullableObject,
  parentIds: texts,
  parentId: nullableText,
  lastVerifiedAt: nullableDate,
  sync: objects,
  history: { expected: 'anything', isRight: () => true, missing: [] },
} satisfies Record<keyof Sidecar, Field>;
