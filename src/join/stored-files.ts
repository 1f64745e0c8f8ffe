import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import { readSameAudio } from '../catalogue/same-audio.ts';
import type { SidecarWriter } from '../catalogue/sidecar-writer.ts';
import { readStorageFigures } from '../catalogue/storage-figures.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { DerivedFiles } from '../derive/derived-files.ts';
import type { TakeFiles } from '../derive/take-files.ts';
import type { Turns } from '../ingest/turns.ts';
import type { Clock } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { RecordingQuery } from '../model/recording.ts';
import type { LogListener } from '../open-options.ts';
import type { UploadSpool } from '../record/uploads-desk.ts';
import type { SessionWork } from '../sessions/database-sessions.ts';
import { derivedCleaner } from '../storage/derived-cleaner.ts';
import { duplicateCleaner } from '../storage/duplicate-cleaner.ts';
import { JoinedCleanup } from '../storage/joined-cleanup.ts';
import { MeasuredFiles } from '../storage/measured-files.ts';
import { OperationMeter } from '../storage/operation-meter.ts';
import { finishPurges, type PurgeDesk, purgeRecording } from '../storage/purge.ts';
import { startPurgeRounds } from '../storage/purge-round.ts';
import { snapshotCleaner } from '../storage/snapshot-cleaner.ts';
import { trashCleaner } from '../storage/trash-cleaner.ts';
import { uploadCleaners } from '../storage/upload-cleaners.ts';
import type { Cleanup, PurgeOptions, StoredFiles } from '../stored-files.ts';
import type { Verification } from '../verify/verification.ts';
import type { Library } from '../voice-recorder.ts';
import { findHere } from './find-here.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The rooms that `open.ts` has opened by then. */
export interface OpenedRooms {
  readonly config: StorageConfig;
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly sidecars: SidecarWriter;
  readonly derived: DerivedFiles;
  readonly takeFiles: TakeFiles;
  readonly turns: Turns;
  readonly library: Library;
  readonly uploads: UploadSpool;
  readonly clock: Clock;
  readonly verify: Verification['verify'];
  releaseReserve(): Promise<void>;
  publish(event: RecorderEvent): void;
  readonly log: LogListener;
}

/** The door to stored files, the ways to make room, and the round that purges old trash where that is wanted. */
export interface OpenedFiles {
  readonly files: StoredFiles;
  readonly cleanup: Cleanup;
  /** Does nothing unless `VRP_PURGE_TRASH` is on. Ends with the returned function. */
  startPurgeRounds(): () => void;
}

/** Joins the door to stored files, after it has ended what purges of earlier runs left half done. */
export async function openStoredFiles(rooms: OpenedRooms): Promise<OpenedFiles> {
  const { catalogue, blobs, clock, config, log } = rooms;
  const { stores } = catalogue;
  const purging = purgeDeskOf(rooms);
  await finishPurges(purging);
  const read = <T>(name: string, work: SessionWork<T>) =>
    catalogue.contexts.withSession({ name, readonly: true }, work);
  const files = new MeasuredFiles({
    library: rooms.library,
    uploads: rooms.uploads,
    meter: new OperationMeter(clock, ({ operation, ...ended }) =>
      log('debug', `stored files: ${operation}`, ended),
    ),
    localPath: (key) => blobs.localPath(key),
    verify: rooms.verify,
    requireHere: (recording) => stores.requireHere(recording),
    purge: async (id, options) => {
      await findHere(catalogue, id);
      return await purgeRecording(purging, id, options);
    },
    figures: () => read('storage figures', (db) => readStorageFigures(db, stores.home)),
  });
  const trashDesk = {
    list: async (query: RecordingQuery) => {
      const page = await rooms.library.list(query);
      return { ...page, items: page.items.filter((recording) => stores.has(recording)) };
    },
    find: (id: RecordingId) => rooms.library.find(id),
    purge: (id: RecordingId, options: PurgeOptions) => files.purge(id, options),
    retentionDays: config.retentionDays,
  };
  const cleaners = [
    derivedCleaner({
      derivedPath: config.derivedPath,
      isBeingMade: (folder) => rooms.derived.isBeingMade(folder) || rooms.takeFiles.isBeingMade(folder),
      removeOf: (id) => rooms.derived.remove(id),
      removeOfTake: (takeId) => rooms.takeFiles.remove(takeId),
    }),
    ...uploadCleaners({
      listUnfinished: () => rooms.uploads.listUnfinished(),
      terminate: (id) => rooms.uploads.terminate(id),
      nowMs: () => clock.nowMs(),
      expiryMs: config.uploadExpiryDays * DAY_MS,
    }),
    snapshotCleaner({ backupPath: config.backupPath }),
    trashCleaner({ ...trashDesk, nowMs: () => clock.nowMs() }),
    duplicateCleaner({
      sameAudio: () => read('same audio', (db) => readSameAudio(db, stores.home)),
      trash: (id) => files.trash(id),
    }),
  ];
  const cleanup = new JoinedCleanup(cleaners, (progress) =>
    rooms.publish({ type: 'cleanup-progress', ...progress }),
  );
  const purgeOldTrash = (nowMs: number) =>
    cleanup.applyThese([trashCleaner({ ...trashDesk, nowMs: () => nowMs })]);
  return {
    files,
    cleanup,
    startPurgeRounds: () =>
      config.purgeTrash ? startPurgeRounds({ clock, purgeOldTrash, log }) : () => undefined,
  };
}

function purgeDeskOf(rooms: OpenedRooms): PurgeDesk {
  const { catalogue, blobs, log } = rooms;
  return {
    tombstones: catalogue.tombstones,
    blobs,
    inTurn: (id, work) => rooms.turns.take(id, work),
    // Whether that writing succeeded is of no interest any more.
    settleSidecar: (id) => rooms.sidecars.flush(id).catch(() => undefined),
    removeDerived: async (id, takeId) =>
      (await rooms.derived.remove(id)) + (takeId === null ? 0 : await rooms.takeFiles.remove(takeId)),
    onDiskFull: () => rooms.releaseReserve(),
    onPurged: (recordingId) => rooms.publish({ type: 'recording-purged', recordingId }),
    log,
  };
}
