import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolderDurablyNow, syncFolderNow } from '../durable/folder.ts';
import type { Clock } from '../model/clock.ts';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';

/** `vrp-store.json`: names the store, so that an unmounted disk is never taken for an empty library. */
export interface StoreMarker {
  readonly format: 'voice-recorder-pro/store';
  readonly formatVersion: number;
  readonly id: string;
  readonly createdAt: string;
}

const FORMAT = 'voice-recorder-pro/store';
const FORMAT_VERSION = 1;

export interface StorePlace {
  readonly dataDir: string;
  readonly stateDir: string;
  readonly markerFile: string;
}

/** The store's marker, or undefined when there is none. Throws `store-marker-invalid` or `store-too-new`. */
export function readMarker(place: StorePlace): StoreMarker | undefined {
  let text: string;
  try {
    text = readFileSync(place.markerFile, 'utf8');
  } catch (error) {
    return withoutMarker(place, error);
  }
  return parseMarker(place, text);
}

/** The same for who must not wait for a disk that stands still. */
export async function findMarker(place: StorePlace): Promise<StoreMarker | undefined> {
  let text: string;
  try {
    text = await readFile(place.markerFile, 'utf8');
  } catch (error) {
    return withoutMarker(place, error);
  }
  return parseMarker(place, text);
}

function withoutMarker(place: StorePlace, error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
  throw invalid(place, error);
}

function parseMarker(place: StorePlace, text: string): StoreMarker {
  let marker: Partial<StoreMarker> | null;
  try {
    marker = JSON.parse(text) as Partial<StoreMarker> | null;
  } catch (error) {
    throw invalid(place, error);
  }
  if (
    marker?.format !== FORMAT ||
    typeof marker.id !== 'string' ||
    typeof marker.formatVersion !== 'number'
  ) {
    throw invalid(place, undefined);
  }
  if (marker.formatVersion > FORMAT_VERSION) {
    throw new VoiceRecorderError(
      'store-too-new',
      `The store ${place.dataDir} has format ${marker.formatVersion}, this program knows up to ${FORMAT_VERSION}. ` +
        'Use a newer Voice Recorder Pro.',
    );
  }
  return marker as StoreMarker;
}

/**
 * The marker of the store that is to be opened; a new store gets one, with `newStoreId` where it is founded anew from copies.
 * Throws `store-marker-missing` when a store was seen at this path before and `isNewStore` does not say otherwise.
 */
export function claimStore(
  place: StorePlace,
  clock: Clock,
  isNewStore: boolean,
  newStoreId?: string,
): StoreMarker {
  const found = readMarker(place);
  const seenId = seenStoreId(place);
  if (!found && seenId !== undefined && !isNewStore) {
    throw new VoiceRecorderError(
      'store-marker-missing',
      `${place.dataDir} held the store ${seenId} when it was last opened, but there is no vrp-store.json now. ` +
        'If it lies on a disk that is not mounted, mount it; to begin an empty store there, start with --new-store.',
      { details: { dataDir: place.dataDir, storeId: seenId } },
    );
  }
  const marker = found ?? makeMarker(place, clock, newStoreId);
  if (seenId !== marker.id) rememberSeen(place, marker.id);
  return marker;
}

function makeMarker(place: StorePlace, clock: Clock, id: string | undefined): StoreMarker {
  const nowMs = clock.nowMs();
  const marker: StoreMarker = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    id: id ?? newId(nowMs),
    createdAt: toIsoUtc(nowMs),
  };
  writeDurably(place.markerFile, `${JSON.stringify(marker, null, 2)}\n`);
  return marker;
}

function seenFile(place: StorePlace): string {
  const path = existsSync(place.dataDir) ? realpathSync(place.dataDir) : resolve(place.dataDir);
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(place.stateDir, 'stores-seen', `${name}.json`);
}

/** Id of the store that was last opened at this path; undefined when none ever was. */
export function seenStoreId(place: StorePlace): string | undefined {
  try {
    const seen = JSON.parse(readFileSync(seenFile(place), 'utf8')) as { id?: unknown };
    return typeof seen.id === 'string' ? seen.id : undefined;
  } catch {
    // A memory that is not there or not readable only means that this store was never seen.
    return undefined;
  }
}

function rememberSeen(place: StorePlace, id: string): void {
  const file = seenFile(place);
  writeDurably(file, `${JSON.stringify({ path: realpathSync(place.dataDir), id })}\n`);
}

function writeDurably(file: string, content: string): void {
  // One name for all: the holder of the store's lock writes alone, and replaces what a crash left.
  const temporary = `${file}.new`;
  try {
    makeFolderDurablyNow(dirname(file));
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeSync(descriptor, content);
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    syncFolderNow(dirname(file));
  } catch (cause) {
    throw new VoiceRecorderError('store-not-writable', `${file} cannot be written: ${String(cause)}.`, {
      cause,
    });
  }
}

function invalid(place: StorePlace, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'store-marker-invalid',
    `${place.markerFile} does not name a store: expected JSON with "format": "${FORMAT}". Put back the file from a copy; the recordings beside it are untouched.`,
    { cause },
  );
}
