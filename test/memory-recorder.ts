import { memoryAccessRepository } from '../src/access/memory-access-repository.ts';
import { openAccess } from '../src/access/open-access.ts';
import { DatabaseContextManager } from '../src/database/database-context-manager.ts';
import { Tally } from '../src/library/tally.ts';
import { systemClock } from '../src/model/clock.ts';
import { newId } from '../src/model/id.ts';
import type { RecorderEvent } from '../src/model/recorder-event.ts';
import type { Recording } from '../src/model/recording.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { memoryCopies } from './memory-copies.ts';
import { failure } from './memory-failure.ts';
import { memoryCleanup, memoryFiles } from './memory-files.ts';
import { memoryAlerts, memoryHealth } from './memory-health.ts';
import { type MemoryJobs, memoryJobs } from './memory-jobs.ts';
import { memoryLibrary, memoryTakes } from './memory-library.ts';
import { memoryUploads } from './memory-uploads.ts';
import { memoryVerification } from './memory-verification.ts';
import { sha256 } from './sha256.ts';
import { someRecording } from './some-recording.ts';

const NOW = '2026-11-22T21:32:05.000Z';
const ROOM = {
  freeBytes: 1e9,
  totalBytes: 2e9,
  freeInodes: null,
  reservedBytes: 0,
  acceptance: { derived: true, imports: true, takes: true },
  minutesLeft: { voice: 2000 },
};

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
  const tally = new Tally(systemClock);
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
  const health = memoryHealth(() => recorder.isHealthy);
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
    copies: memoryCopies(),
    stores: async () => [],
    cleanup: memoryCleanup((event) => recorder.emit(event)),
    failNext: null,
    isHealthy: true,
    health,
    alerts: memoryAlerts(health, (alert) => recorder.emit({ type: 'alert-changed', alert })),
    addRecording,
    get listenerCount() {
      return listeners.size;
    },
    emit: (event) => {
      tally.noteEvent(event, storeId);
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
    room: async () => ROOM,
    figures: () => tally.figures(0),
    storageReport: async () => ({
      ...ROOM,
      dataDir: 'memory',
      byKind: {},
      measuredAt: null,
      growth: [],
      forecast: null,
      recordingCount: recordings.size,
      recordingBytes: [...bytesOf.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    }),
    preflight: async ({ bytes = null } = {}) => ({
      ...{ answer: 'yes', minutesFit: 2000, freeBytes: 1e9, neededBytes: bytes, reasons: [] },
    }),
    isReady: async () => recorder.isHealthy,
    close: async () => undefined,
  };
  return recorder;
}
