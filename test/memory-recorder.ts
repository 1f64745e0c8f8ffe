import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { memoryAccessRepository } from '../src/access/memory-access-repository.ts';
import { openAccess } from '../src/access/open-access.ts';
import { DatabaseContextManager } from '../src/database/database-context-manager.ts';
import { JoinedTakes } from '../src/library/joined-takes.ts';
import { type FailureCode, VoiceRecorderError } from '../src/model/failure.ts';
import { newId } from '../src/model/id.ts';
import type { RecorderEvent } from '../src/model/recorder-event.ts';
import type { Recording } from '../src/model/recording.ts';
import type { UploadState, UploadWish } from '../src/model/upload.ts';
import type { Library, Takes, Uploads, VoiceRecorder } from '../src/voice-recorder.ts';
import { memoryChanges } from './memory-changes.ts';
import { memoryCleanup, memoryFiles } from './memory-files.ts';
import { type MemoryJobs, memoryJobs } from './memory-jobs.ts';
import { memoryVerification } from './memory-verification.ts';
import { someRecording } from './some-recording.ts';

const NOW = '2026-11-22T21:32:05.000Z';

/** The recorder's ports on plain maps: for tests of what stands in front of them. Nothing survives the process. */
export interface MemoryRecorder extends VoiceRecorder {
  readonly jobs: MemoryJobs;
  addRecording(bytes: Uint8Array, fields?: Partial<Recording>): Recording;
  emit(event: RecorderEvent): void;
  /** What an upload holds by now. */
  received(uploadId: string): Buffer;
  readonly listenerCount: number;
  /** Makes the next call of the library fail like this. */
  failNext: Error | null;
  isHealthy: boolean;
}

export async function openMemoryRecorder(stateFolder: string): Promise<MemoryRecorder> {
  const storeId = newId(Date.now());
  const listeners = new Set<(event: RecorderEvent) => void>();
  const recordings = new Map<string, Recording>();
  const bytesOf = new Map<string, Buffer>();
  const access = await openAccess({ repository: memoryAccessRepository(), stateFolder, storeId });
  const addRecording: MemoryRecorder['addRecording'] = (bytes, fields = {}) => {
    const recording = someRecording({
      filesizeBytes: bytes.length,
      checksum: sha256(bytes),
      duration: 2,
      tags: ['voice'],
      status: 'active',
      createdAt: NOW,
      id: newId(Date.now()),
      ...fields,
    });
    recordings.set(recording.id, recording);
    bytesOf.set(recording.id, Buffer.from(bytes));
    recorder.emit({ type: 'recording-added', recording });
    return recording;
  };
  const uploads = memoryUploads(addRecording);
  const library = memoryLibrary(recordings, bytesOf, () => {
    const error = recorder.failNext;
    recorder.failNext = null;
    if (error) throw error;
  });
  const verification = memoryVerification(recordings, bytesOf);
  const recorder: MemoryRecorder = {
    storeId,
    dataDir: 'memory',
    access,
    uploads: uploads.port,
    received: uploads.received,
    library,
    takes: memoryTakes(recordings, library),
    files: memoryFiles(recordings, bytesOf, library, uploads.port, verification.verify, (id) =>
      recorder.emit({ type: 'recording-purged', recordingId: id }),
    ),
    verification,
    contextManager: new DatabaseContextManager({
      run: () => Promise.reject(failure('catalogue-failed', 'There is no database in memory.')),
      close: async () => undefined,
    }),
    jobs: memoryJobs(),
    stores: async () => [],
    cleanup: memoryCleanup((event) => recorder.emit(event)),
    failNext: null,
    isHealthy: true,
    addRecording,
    get listenerCount() {
      return listeners.size;
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    backups: {
      create: async () => {
        throw failure('storage-failed', 'A recorder in memory has no snapshots.');
      },
      list: async () => [],
    },
    storageReport: async () => ({
      dataDir: 'memory',
      freeBytes: 1e9,
      totalBytes: 2e9,
      freeInodes: null,
      reservedBytes: 0,
      acceptance: { derived: true, imports: true, takes: true },
      byKind: {},
      measuredAt: null,
      growth: [],
      forecast: null,
      minutesLeft: { voice: 2000 },
      recordingCount: recordings.size,
      recordingBytes: [...bytesOf.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    }),
    isReady: async () => recorder.isHealthy,
    close: async () => undefined,
  };
  return recorder;
}

function memoryLibrary(
  recordings: Map<string, Recording>,
  bytesOf: Map<string, Buffer>,
  failWhenTold: () => void,
): Library {
  const need = (id: string, version?: number): Recording => {
    failWhenTold();
    const recording = recordings.get(id);
    if (!recording) throw failure('recording-unknown', `There is no recording with the id ${id}.`);
    if (version !== undefined && version !== recording.version) {
      throw failure('version-conflict', `Expected version ${version}, found ${recording.version}.`);
    }
    return recording;
  };
  const changes = memoryChanges(recordings, need);
  const source = async (id: string, suffix = '') => {
    const { mimeType, checksum, filename } = need(id);
    const bytes = bytesOf.get(id);
    if (!bytes) throw failure('blob-missing', `The audio of ${id} is missing.`);
    return {
      sizeBytes: bytes.length,
      mimeType,
      etag: checksum + suffix,
      filename,
      open: async (range?: { start: number; end: number }) =>
        Readable.from([bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length)]),
    };
  };
  return {
    list: async ({ query = '', tag, limit = 50, cursor, isTrashed = false }) => {
      failWhenTold();
      const all = [...recordings.values()]
        .filter(({ status }) => (status === 'trashed') === isTrashed)
        .filter(({ title, tags }) => title.includes(query) && (tag === undefined || tags.includes(tag)));
      const start = cursor === undefined ? 0 : Number(cursor);
      if (Number.isNaN(start)) throw failure('cursor-invalid', `${cursor} is no cursor.`);
      const nextCursor = start + limit < all.length ? String(start + limit) : null;
      return { items: all.slice(start, start + limit), nextCursor };
    },
    find: async (id) => {
      failWhenTold();
      return recordings.get(id);
    },
    tags: async () => [{ tag: 'voice', count: recordings.size }],
    ...changes,
    importFile: async (file) => ({ file, status: 'rejected' }),
    audio: (id) => source(id),
    playable: (id) => source(id, '-playable'),
    peaks: async (id, { fromSeconds = 0, toSeconds = 2, width = 4 }) => {
      need(id);
      const min = Array.from({ length: width }, () => -0.5);
      return { durationSeconds: 2, fromSeconds, toSeconds, min, max: min.map((value) => -value) };
    },
  };
}

/** Takes of any number of segments, of which only lone ones can be heard. */
function memoryTakes(recordings: Map<string, Recording>, library: Library): Takes {
  const noJoining = () => Promise.reject(failure('media-failed', 'Nothing is joined in memory.'));
  const changeAll = (change: (id: string, version?: number) => Promise<Recording>) => {
    return (targets: readonly { id: string; expectedVersion?: number }[]) =>
      Promise.all(targets.map(({ id, expectedVersion }) => change(id, expectedVersion)));
  };
  return new JoinedTakes({
    recordings: {
      listTake: async (takeId) => [...recordings.values()].filter((one) => one.takeId === takeId),
      amendAll: (targets, amendment) =>
        changeAll((id, version) => library.amend(id, amendment, version))(targets),
      trashAll: changeAll((id, version) => library.trash(id, version)),
      restoreAll: changeAll((id) => library.restore(id)),
    },
    stores: { has: () => true, nameOf: async (id) => id, requireHere: async () => undefined },
    blobs: { stat: async () => ({ sizeBytes: 1 }) },
    library,
    files: { find: async () => undefined, joined: noJoining, playable: noJoining, peaks: noJoining },
    readPeaks: noJoining,
    isArriving: async () => false,
    flushSidecar: async () => undefined,
    publish: () => undefined,
  });
}

function memoryUploads(addRecording: (bytes: Uint8Array, fields?: Partial<Recording>) => Recording): {
  port: Uploads;
  received: (id: string) => Buffer;
} {
  const states = new Map<string, UploadState>();
  const contents = new Map<string, Buffer>();
  const busy = new Set<string>();
  const creators = new Map<string, string | null>();
  const need = (id: string): UploadState => {
    const state = states.get(id);
    if (!state) throw failure('upload-unknown', `There is no upload with the id ${id}.`);
    return state;
  };
  const complete = (state: UploadState, bytes: Buffer): UploadState => {
    if (bytes.length === 0) throw failure('audio-no-samples', 'The file is empty.');
    if (bytes.toString('latin1', 0, 1) === '<') throw failure('not-audio-content', 'This is a web page.');
    const { id, checksum } = addRecording(bytes, { id: state.id, filename: state.wish.filename });
    const receipt = {
      uploadId: id,
      recordingId: id,
      checksum,
      sizeBytes: bytes.length,
      isDuplicate: false,
      completedAt: NOW,
    };
    return { ...state, receipt };
  };
  const port: Uploads = {
    create: async (wish: UploadWish, lengthBytes, createdBy = null) => {
      const id = newId(Date.now());
      creators.set(id, createdBy);
      const expiresAt = '2026-12-22T21:32:05.000Z';
      const state = { id, wish, offsetBytes: 0, lengthBytes, createdAt: NOW, expiresAt, receipt: null };
      states.set(id, state);
      contents.set(id, Buffer.alloc(0));
      return state;
    },
    append: async (id, chunk) => {
      const before = need(id);
      if (busy.has(id)) throw failure('upload-busy', 'Another client writes to this upload.');
      if (chunk.offsetBytes !== before.offsetBytes) {
        throw failure('upload-offset-conflict', `Expected offset ${before.offsetBytes}.`);
      }
      busy.add(id);
      const parts: Buffer[] = [];
      let cut: unknown;
      try {
        for await (const part of chunk.body.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
      } catch (error) {
        cut = error;
      } finally {
        busy.delete(id);
      }
      const body = Buffer.concat(parts);
      if (chunk.checksum !== null && (cut !== undefined || sha256(body) !== chunk.checksum)) {
        throw failure('checksum-mismatch', 'The bytes are not those that were announced.');
      }
      const bytes = Buffer.concat([contents.get(id) ?? Buffer.alloc(0), body]);
      const lengthBytes = chunk.lengthBytes ?? before.lengthBytes;
      if (lengthBytes !== null && bytes.length > lengthBytes) {
        throw failure('upload-length-exceeded', `Expected ${lengthBytes} bytes.`);
      }
      contents.set(id, bytes);
      let state: UploadState = { ...before, lengthBytes, offsetBytes: bytes.length };
      states.set(id, state);
      if (cut !== undefined) throw new VoiceRecorderError('upload-cut', 'Cut.', { cause: cut });
      if (bytes.length === lengthBytes) state = complete(state, bytes);
      states.set(id, state);
      return state;
    },
    head: async (id) => need(id),
    creatorOf: async (id) => (need(id).receipt ? null : (creators.get(id) ?? null)),
    terminate: async (id) => {
      if (need(id).receipt) throw failure('upload-complete', 'It is a recording by now.');
      states.delete(id);
    },
  };
  return { port, received: (id) => contents.get(id) ?? Buffer.alloc(0) };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function failure(code: FailureCode, message: string): VoiceRecorderError {
  return new VoiceRecorderError(code, message);
}
