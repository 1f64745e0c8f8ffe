import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { HistoryPage, HistoryQuery } from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { Recording, RecordingAmendment, RecordingPage, RecordingQuery } from '../model/recording.ts';
import type { Copies } from '../sync/copies.ts';
import type { Access, ImportOptions } from '../voice-recorder.ts';
import type { ServerAddress } from './api-client.ts';
import type { TakeUploads } from './capture/take-uploads.ts';
import type { CareDoor } from './care-door.ts';
import type { Cli } from './cli.ts';
import type { CollectionsDoor } from './collections-door.ts';
import type { FilesDoor } from './files-door.ts';
import type { JobsDoor } from './jobs-door.ts';
import type { StoreDoor } from './store-door.ts';

/**
 * The library, wherever it is open: in a server that runs, else in this process. The same promises as
 * `Library` and `Access` of `voice-recorder.ts`, besides `server-unreachable` through a server.
 */
export interface LibraryDoor {
  readonly dataDir: string;
  /** The store in that folder; undefined when there is none yet. */
  readonly storeId: string | undefined;
  /** How many files may be imported side by side. */
  readonly importsAtOnce: number;
  list(query: RecordingQuery): Promise<RecordingPage>;
  find(id: RecordingId): Promise<Recording | undefined>;
  /** The segments of a take in their order, one for each number; none when there is no such take. */
  segmentsOf(takeId: string): Promise<readonly Recording[]>;
  /** What people changed, newest first. */
  history(id: RecordingId, query?: HistoryQuery): Promise<HistoryPage>;
  amend(id: RecordingId, amendment: RecordingAmendment, expectedVersion?: number): Promise<Recording>;
  /** Puts back what the change that made `version` had found. */
  undo(id: RecordingId, version: number): Promise<Recording>;
  trash(id: RecordingId): Promise<Recording>;
  restore(id: RecordingId): Promise<Recording>;
  importFile(path: string, options: ImportOptions): Promise<ImportOutcome>;
  /** For takes that this machine records. */
  readonly takes: TakeUploads;
  readonly collections: CollectionsDoor;
  readonly care: CareDoor;
  readonly files: FilesDoor;
  readonly tokens: Pick<Access, 'addToken' | 'listTokens' | 'revokeToken'>;
  readonly store: StoreDoor;
  readonly jobs: JobsDoor;
  readonly copies: Copies;
  close(): Promise<void>;
}

/** What listing and looking need; a {@link LibraryDoor} is one. */
export type LibraryView = Pick<LibraryDoor, 'dataDir' | 'storeId' | 'list' | 'find' | 'segmentsOf' | 'close'>;

/** A server that is just starting or stopping has the lock, but does not answer: it gets this long. */
const WAIT_FOR_LOCK_MS = 5_000;
const RETRY_DELAY_MS = 150;
const LIVE_TIMEOUT_MS = 2_000;

/**
 * Goes through the running server when there is one, else opens the store. Rejects with `store-locked` when somebody
 * holds the store for longer than 5 s and cannot be spoken to.
 */
export async function openLibraryDoor(cli: Cli): Promise<LibraryDoor> {
  const { describeStore } = await import('./store-place.ts');
  const place = describeStore(cli);
  const deadlineMs = systemClock.monotonicMs() + WAIT_FOR_LOCK_MS;
  for (;;) {
    const server = await findServer(place);
    if (server) {
      const { openHttpDoor } = await import('./http-door.ts');
      return openHttpDoor(server, place);
    }
    try {
      const { openLocalDoor } = await import('./local-door.ts');
      return await openLocalDoor(cli);
    } catch (error) {
      if (failureCodeOf(error) !== 'store-locked') throw error;
      if (systemClock.monotonicMs() >= deadlineMs) throw stillLocked(place.dataDir, error);
    }
    await sleep(RETRY_DELAY_MS);
  }
}

/** The door of the server that has the store open; undefined when none has. */
export async function openServerDoor(cli: Cli): Promise<LibraryDoor | undefined> {
  const { describeStore } = await import('./store-place.ts');
  const place = describeStore(cli);
  const server = await findServer(place);
  if (!server) return undefined;
  const { openHttpDoor } = await import('./http-door.ts');
  return openHttpDoor(server, place);
}

/** Looks into the catalogue itself where that is possible, which is quicker and disturbs nobody. */
export async function openLibraryView(cli: Cli): Promise<LibraryView & Pick<LibraryDoor, 'history'>> {
  await requireStore(cli);
  const { openLibraryReader } = await import('../open-reader.ts');
  const { overridesOf } = await import('./store-place.ts');
  const { environment } = cli.store;
  try {
    return await openLibraryReader({
      ...(environment === undefined ? {} : { environment }),
      overrides: overridesOf(cli.store),
      env: cli.env,
    });
  } catch (error) {
    const code = failureCodeOf(error);
    if (code !== 'catalogue-missing' && code !== 'catalogue-too-old' && code !== 'catalogue-busy')
      throw error;
    return openLibraryDoor(cli);
  }
}

/** For commands about recordings that must be there already. Rejects with `catalogue-missing`. */
export async function requireStore(cli: Cli): Promise<void> {
  if (!(await isStoreUntouched(cli))) return;
  const { describeStore } = await import('./store-place.ts');
  throw new VoiceRecorderError(
    'catalogue-missing',
    `There is no library at ${describeStore(cli).dataDir} yet: "vrp start" and "vrp import" make one. ` +
      'Another folder is named with --data-dir.',
  );
}

/** Works on a library that must be there already, and closes it. Rejects with `catalogue-missing` or `store-locked`. */
export async function withLibrary<Result>(
  cli: Cli,
  work: (door: LibraryDoor) => Promise<Result>,
): Promise<Result> {
  await requireStore(cli);
  const door = await openLibraryDoor(cli);
  try {
    return await work(door);
  } finally {
    await door.close();
  }
}

/** True when nothing was ever kept there: then there is nothing to list, and no store is made by asking. */
export async function isStoreUntouched(cli: Cli): Promise<boolean> {
  const { describeStore } = await import('./store-place.ts');
  const place = describeStore(cli);
  return !existsSync(place.dataDir) && place.seenId === undefined;
}

interface Place {
  readonly stateDir: string;
  readonly storeId: string | undefined;
  readonly lockFile: string;
}

/**
 * The server that has the store open. Its note is believed only while somebody really holds the store's lock: after a
 * crash another program may listen at that address, and it must not be sent the token.
 */
async function findServer(place: Place): Promise<ServerAddress | undefined> {
  if (place.storeId === undefined) return undefined;
  const { readServerNote } = await import('./server-file.ts');
  const note = await readServerNote(place.stateDir, place.storeId);
  if (!note || !(await isLockHeld(place.lockFile))) return undefined;
  const { readOwnerToken } = await import('./store-place.ts');
  const token = await readOwnerToken(place.stateDir, place.storeId);
  if (token === undefined) return undefined;
  const server = { baseUrl: note.baseUrl, token, tlsCert: note.tlsCert };
  const { isServerLive } = await import('./api-client.ts');
  return (await isServerLive(server, LIVE_TIMEOUT_MS)) ? server : undefined;
}

async function isLockHeld(lockFile: string): Promise<boolean> {
  const { takeStoreLock } = await import('../config/store-lock.ts');
  try {
    (await takeStoreLock(lockFile, systemClock)).release();
    return false;
  } catch (error) {
    if (failureCodeOf(error) === 'store-locked') return true;
    throw error;
  }
}

function stillLocked(dataDir: string, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'store-locked',
    `Another Voice Recorder Pro has ${dataDir} open and does not answer. ` +
      'Wait until it has started or finished, or stop it, then try again.',
    { cause },
  );
}

/** Whether the file of the recording lies in this store: others may share its catalogue. */
export function isHere({ storeId }: Pick<LibraryView, 'storeId'>, recording: Recording): boolean {
  return recording.storeId === undefined || recording.storeId === storeId;
}

/** As {@link everyRecording}, without those whose files lie in other stores. */
export async function* everyRecordingHere(door: LibraryView, isTrashed = false): AsyncGenerator<Recording> {
  for await (const recording of everyRecording(door, isTrashed)) if (isHere(door, recording)) yield recording;
}

/** Every recording outside the trash, oldest first, page by page; `isTrashed` walks the trash instead. */
export async function* everyRecording(door: LibraryView, isTrashed = false): AsyncGenerator<Recording> {
  let cursor: string | null = null;
  do {
    const page: RecordingPage = await door.list({
      limit: 500,
      order: 'oldest',
      isTrashed,
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
