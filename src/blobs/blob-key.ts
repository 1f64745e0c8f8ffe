import { VoiceRecorderError } from '../model/failure.ts';
import type { BlobKey } from './blob-store.ts';

/** The folders of the store in which bytes may rest; everything else in the data folder is out of reach here. */
const BLOB_FOLDERS: ReadonlySet<string> = new Set([
  'raw',
  'edited',
  'derived',
  'tombstones',
  'quarantine',
  'backup',
]);

/** Bytes rest in this folder of the store. */
export function isBlobFolder(name: string): boolean {
  return BLOB_FOLDERS.has(name);
}

// NAME_MAX of every common file system is 255 bytes; 16 are left for the endings of temporaries.
const MAX_PART_BYTES = 239;
const MAX_KEY_BYTES = 1024;

/**
 * The parts of `key`, checked: relative, below one of our folders, nothing that climbs, hides or ends a string.
 * Rejects with `invalid-input`.
 */
export function partsOfKey(key: BlobKey): readonly string[] {
  const parts = key.split('/');
  const fault = faultOf(key, parts);
  if (fault !== undefined) {
    throw new VoiceRecorderError(
      'invalid-input',
      `${JSON.stringify(key)} cannot name stored bytes: ${fault}.`,
    );
  }
  return parts;
}

function faultOf(key: string, parts: readonly string[]): string | undefined {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  if (!key.isWellFormed()) return 'it is not well-formed Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'it holds a control character or a backslash';
  if (!BLOB_FOLDERS.has(parts[0] ?? ''))
    return `expected one of ${[...BLOB_FOLDERS].join('/, ')}/ at its start`;
  if (parts.length < 2) return 'it names a folder';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'expected a name between all slashes, neither "." nor ".."';
  }
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) {
    return `one of its names is longer than ${MAX_PART_BYTES} bytes`;
  }
  return undefined;
}
