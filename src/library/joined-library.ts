import { createReadStream } from 'node:fs';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { RecordingRepository } from '../catalogue/recording-repository.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { Recording, RecordingAmendment, RecordingPage, RecordingQuery } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type { AudioSource, ImportOptions, Library, PeaksRequest, PeaksView } from '../voice-recorder.ts';

/** The rooms a library speaks with; `open.ts` hands them in. */
export interface LibraryDesk {
  readonly recordings: RecordingRepository;
  readonly blobs: BlobStore;
  /** Resolves when the recording's sidecar is as new as its row. */
  flushSidecar(id: RecordingId): Promise<void>;
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

  amend(id: RecordingId, amendment: RecordingAmendment, expectedVersion?: number): Promise<Recording> {
    return this.#change(this.#desk.recordings.amend(id, amendment, expectedVersion));
  }

  trash(id: RecordingId, expectedVersion?: number): Promise<Recording> {
    return this.#change(this.#desk.recordings.trash(id, expectedVersion));
  }

  restore(id: RecordingId): Promise<Recording> {
    return this.#change(this.#desk.recordings.restore(id));
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
}
