import { createReadStream } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { RecordingRepository } from '../catalogue/recording-repository.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { HistoryPage, HistoryQuery } from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { Recording, RecordingAmendment, RecordingPage, RecordingQuery } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type {
  AmendmentTarget,
  AudioSource,
  ImportOptions,
  Library,
  PeaksRequest,
  PeaksView,
} from '../voice-recorder.ts';

/** Recordings that are amended in one transaction. */
const MAX_TARGETS = 500;
/** Events told in one go; whoever listens may have to write each of them out. */
const EVENTS_AT_ONCE = 10;

/** The rooms a library speaks with; `open.ts` hands them in. */
export interface LibraryDesk {
  readonly recordings: RecordingRepository;
  readonly history: {
    page(id: RecordingId, query?: HistoryQuery): Promise<HistoryPage>;
    undo(id: RecordingId, version: number, expectedVersion?: number, by?: string): Promise<Recording>;
  };
  /** Those that change something yield the changed recordings in chunks, each committed. */
  readonly collections: {
    list(): ReturnType<Library['collections']>;
    rename(name: string, to: string, by?: string): AsyncIterable<readonly Recording[]>;
    remove(name: string, by?: string): AsyncIterable<readonly Recording[]>;
  };
  readonly blobs: BlobStore;
  /** Rejects with `stored-elsewhere` for one whose file is not in this store. */
  requireHere(recording: Recording): Promise<void>;
  /** Resolves when the recording's sidecar is as new as its row. */
  flushSidecar(id: RecordingId): Promise<void>;
  /** Has owed sidecars written in the background. */
  wakeSidecars(): void;
  peaksFile(recording: Recording): Promise<string>;
  readPeaks(path: string, view: PeaksRequest): Promise<PeaksView>;
  playableFile(recording: Recording): Promise<{ path: string; mimeType: string; sizeBytes: number }>;
  importFile(path: string, options: ImportOptions): Promise<ImportOutcome>;
  publish(event: RecorderEvent): void;
}

/** The library as pages, command line and embedding programs use it. */
export class JoinedLibrary implements Library {
  readonly #desk: LibraryDesk;

  constructor(desk: LibraryDesk) {
    this.#desk = desk;
  }

  list(query: RecordingQuery): Promise<RecordingPage> {
    return this.#desk.recordings.list(query);
  }

  /** A recording that is still being placed is not there yet. */
  async find(id: RecordingId): Promise<Recording | undefined> {
    const found = await this.#desk.recordings.find(id);
    return found?.status === 'placing' ? undefined : found;
  }

  tags(): Promise<readonly { tag: string; count: number }[]> {
    return this.#desk.recordings.tags();
  }

  collections(): Promise<readonly { collection: string; count: number }[]> {
    return this.#desk.collections.list();
  }

  amend(
    id: RecordingId,
    amendment: RecordingAmendment,
    expectedVersion?: number,
    by?: string,
  ): Promise<Recording> {
    return this.#change(this.#desk.recordings.amend(id, amendment, expectedVersion, by));
  }

  trash(id: RecordingId, expectedVersion?: number, by?: string): Promise<Recording> {
    return this.#change(this.#desk.recordings.trash(id, expectedVersion, by));
  }

  restore(id: RecordingId, by?: string): Promise<Recording> {
    return this.#change(this.#desk.recordings.restore(id, by));
  }

  async amendAll(
    targets: readonly AmendmentTarget[],
    amendment: RecordingAmendment,
    by?: string,
  ): Promise<readonly Recording[]> {
    requireTargets(targets);
    const changed = await this.#desk.recordings.amendAll(targets, amendment, by);
    await this.#announce(changed);
    return changed;
  }

  renameCollection(name: string, to: string, by?: string): Promise<number> {
    return this.#changeMany(this.#desk.collections.rename(name, to, by));
  }

  removeCollection(name: string, by?: string): Promise<number> {
    return this.#changeMany(this.#desk.collections.remove(name, by));
  }

  history(id: RecordingId, query?: HistoryQuery): Promise<HistoryPage> {
    return this.#desk.history.page(id, query);
  }

  undo(id: RecordingId, version: number, expectedVersion?: number, by?: string): Promise<Recording> {
    return this.#change(this.#desk.history.undo(id, version, expectedVersion, by));
  }

  importFile(path: string, options: ImportOptions = {}): Promise<ImportOutcome> {
    return this.#desk.importFile(path, options);
  }

  async audio(id: RecordingId): Promise<AudioSource> {
    const recording = await this.#require(id);
    return await this.#original(recording);
  }

  async playable(id: RecordingId): Promise<AudioSource> {
    const recording = await this.#require(id);
    if (recording.isPlayable) return await this.#original(recording);
    await this.#original(recording);
    const rendition = await this.#desk.playableFile(recording);
    const ending = rendition.path.slice(rendition.path.lastIndexOf('.'));
    return {
      sizeBytes: rendition.sizeBytes,
      mimeType: rendition.mimeType,
      etag: `${recording.checksum}-playable-${rendition.sizeBytes}`,
      filename: `${recording.filename}${ending}`,
      open: async (range) =>
        createReadStream(rendition.path, range ? { start: range.start, end: range.end - 1 } : {}),
    };
  }

  async peaks(id: RecordingId, view: PeaksRequest): Promise<PeaksView> {
    const recording = await this.#require(id);
    await this.#original(recording);
    return await this.#desk.readPeaks(await this.#desk.peaksFile(recording), view);
  }

  async #original(recording: Recording): Promise<AudioSource> {
    await this.#desk.requireHere(recording);
    const key = recording.storedFilename;
    const found = await this.#desk.blobs.stat(key);
    if (!found) {
      throw new VoiceRecorderError(
        'blob-missing',
        `The audio of "${recording.title}" (${recording.id}) should lie at ${key} in the store, but it is not there.`,
      );
    }
    return {
      sizeBytes: found.sizeBytes,
      mimeType: recording.mimeType,
      etag: recording.checksum,
      filename: recording.filename,
      open: (range) => this.#desk.blobs.read(key, range),
    };
  }

  async #require(id: RecordingId): Promise<Recording> {
    const recording = await this.find(id);
    if (recording) return recording;
    throw unknownRecording(id);
  }

  async #change(change: Promise<Recording>): Promise<Recording> {
    const recording = await change;
    await this.#desk.flushSidecar(recording.id);
    this.#desk.publish({ type: 'recording-changed', recording });
    return recording;
  }
  async #changeMany(chunks: AsyncIterable<readonly Recording[]>): Promise<number> {
    let count = 0;
    for await (const changed of chunks) {
      count += changed.length;
      await this.#announce(changed);
    }
    return count;
  }

  /** What nobody waits for: sidecars, and the news. */
  async #announce(changed: readonly Recording[]): Promise<void> {
    this.#desk.wakeSidecars();
    for (const [index, recording] of changed.entries()) {
      if (index % EVENTS_AT_ONCE === EVENTS_AT_ONCE - 1) await nextTurn();
      this.#desk.publish({ type: 'recording-changed', recording });
    }
  }
}

function requireTargets(targets: readonly AmendmentTarget[]): void {
  const ids = new Set(targets.map(({ id }) => id));
  if (targets.length >= 1 && targets.length <= MAX_TARGETS && ids.size === targets.length) return;
  const found = ids.size < targets.length ? 'one is named twice' : `found ${targets.length}`;
  throw new VoiceRecorderError(
    'invalid-input',
    `Expected 1 to ${MAX_TARGETS} different recordings to be amended together; ${found}.`,
  );
}
