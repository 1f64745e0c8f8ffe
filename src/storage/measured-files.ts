import { Readable } from 'node:stream';
import { isSha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { Recording } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import { NOTHING_SAID, type UploadReceipt } from '../model/upload.ts';
import type { FixityCheck } from '../model/verification.ts';
import type {
  FileCheck,
  PurgeOptions,
  PurgeOutcome,
  StorageMetrics,
  StoredFiles,
  StreamWish,
} from '../stored-files.ts';
import type { ImportOptions, Library, Uploads } from '../voice-recorder.ts';
import type { OperationMeter } from './operation-meter.ts';

/** The rooms behind the door to stored files; `join/stored-files.ts` hands them in. */
export interface StoredFilesDesk {
  readonly library: Pick<Library, 'importFile' | 'find' | 'audio' | 'trash' | 'restore'>;
  readonly uploads: Pick<Uploads, 'create' | 'append' | 'terminate'>;
  readonly meter: OperationMeter;
  localPath(storedFilename: string): string;
  verify(id: RecordingId): Promise<FixityCheck>;
  /** Rejects with `stored-elsewhere` for one whose file is not in this store. */
  requireHere(recording: Recording): Promise<void>;
  purge(id: RecordingId, options: PurgeOptions): Promise<PurgeOutcome>;
  figures(): Promise<Omit<StorageMetrics, 'operations'>>;
}

/** The rooms that keep, read and remove files, behind one door where every operation is counted and timed. */
export class MeasuredFiles implements StoredFiles {
  readonly #desk: StoredFilesDesk;

  constructor(desk: StoredFilesDesk) {
    this.#desk = desk;
  }

  saveFile(path: string, options: ImportOptions = {}): Promise<ImportOutcome> {
    return this.#measure('save-file', () => this.#desk.library.importFile(path, options));
  }

  saveStream(bytes: Readable, wish: StreamWish): Promise<UploadReceipt> {
    return this.#measure('save-stream', () => saveStream(this.#desk.uploads, bytes, wish));
  }

  get(id: RecordingId): Promise<Recording | undefined> {
    return this.#measure('get', () => this.#desk.library.find(id));
  }

  openRange(id: RecordingId, range?: { start: number; end: number }): Promise<Readable> {
    return this.#measure('open', async () => (await this.#desk.library.audio(id)).open(range));
  }

  pathOf(id: RecordingId): Promise<string> {
    return this.#measure('path', async () => {
      const recording = await this.#require(id);
      await this.#desk.requireHere(recording);
      return this.#desk.localPath(recording.storedFilename);
    });
  }

  check(id: RecordingId): Promise<FileCheck> {
    return this.#measure('check', async () => {
      const { result, expected, found } = await this.#desk.verify(id);
      // What is no file is named there by a word.
      const isChecksum = found !== null && isSha256Hex(found);
      return { id, isSound: result === 'ok', expected, found: isChecksum ? found : null };
    });
  }

  trash(id: RecordingId, expectedVersion?: number): Promise<Recording> {
    return this.#measure('trash', () => this.#desk.library.trash(id, expectedVersion));
  }

  restore(id: RecordingId): Promise<Recording> {
    return this.#measure('restore', () => this.#desk.library.restore(id));
  }

  purge(id: RecordingId, options: PurgeOptions = {}): Promise<PurgeOutcome> {
    return this.#measure('purge', () => this.#desk.purge(id, options));
  }

  async metrics(): Promise<StorageMetrics> {
    return { ...(await this.#desk.figures()), operations: this.#desk.meter.read() };
  }

  #measure<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#desk.meter.measure(operation, work);
  }

  async #require(id: RecordingId): Promise<Recording> {
    const recording = await this.#desk.library.find(id);
    if (recording) return recording;
    throw unknownRecording(id);
  }
}

async function saveStream(
  uploads: StoredFilesDesk['uploads'],
  bytes: Readable,
  { sizeBytes, ...said }: StreamWish,
): Promise<UploadReceipt> {
  // One that breaks off before it is read is told of when it is.
  bytes.once('error', () => undefined);
  const { id } = await uploads.create({ ...NOTHING_SAID, kind: 'file', ...said }, sizeBytes ?? null);
  try {
    const nothingKnown = { checksum: null, contentLengthBytes: null, lengthBytes: null };
    const came = await uploads.append(id, { offsetBytes: 0, body: bytes, ...nothingKnown });
    if (came.receipt) return came.receipt;
    if (sizeBytes !== undefined) {
      throw new VoiceRecorderError(
        'upload-cut',
        `The stream for "${said.filename}" ended after ${came.offsetBytes} of ${sizeBytes} bytes. Nothing of it was kept.`,
      );
    }
    const { offsetBytes } = came;
    const end = { ...nothingKnown, offsetBytes, contentLengthBytes: 0, lengthBytes: offsetBytes };
    const { receipt } = await uploads.append(id, { ...end, body: Readable.from([]) });
    if (receipt) return receipt;
    throw new VoiceRecorderError('upload-cut', `The stream for "${said.filename}" became no recording.`);
  } catch (error) {
    // A later start would adopt what came; nobody will come back for it.
    await uploads.terminate(id).catch(() => undefined);
    throw error;
  }
}
