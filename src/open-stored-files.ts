import type { DiskBlobs } from './blobs/disk-blobs.ts';
import type { Catalogue } from './catalogue/open-catalogue.ts';
import type { SidecarWriter } from './catalogue/sidecar-writer.ts';
import { readStorageFigures } from './catalogue/storage-figures.ts';
import type { DerivedFiles } from './derive/derived-files.ts';
import type { TakeFiles } from './derive/take-files.ts';
import type { Turns } from './ingest/turns.ts';
import type { Clock } from './model/clock.ts';
import type { RecorderEvent } from './model/recorder-event.ts';
import type { LogListener } from './open-options.ts';
import { MeasuredFiles } from './storage/measured-files.ts';
import { OperationMeter } from './storage/operation-meter.ts';
import { finishPurges, type PurgeDesk, purgeRecording } from './storage/purge.ts';
import type { StoredFiles } from './stored-files.ts';
import type { Library, Uploads } from './voice-recorder.ts';

/** The rooms that `open.ts` has opened by then. */
export interface OpenedRooms {
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly sidecars: SidecarWriter;
  readonly derived: DerivedFiles;
  readonly takeFiles: TakeFiles;
  readonly turns: Turns;
  readonly library: Library;
  readonly uploads: Uploads;
  readonly clock: Clock;
  releaseReserve(): Promise<void>;
  publish(event: RecorderEvent): void;
  readonly log: LogListener;
}

/** Joins the door to stored files, after it has ended what purges of earlier runs left half done. */
export async function openStoredFiles(rooms: OpenedRooms): Promise<StoredFiles> {
  const { catalogue, blobs, log } = rooms;
  const purging: PurgeDesk = {
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
  await finishPurges(purging);
  return new MeasuredFiles({
    library: rooms.library,
    uploads: rooms.uploads,
    meter: new OperationMeter(rooms.clock, ({ operation, ...ended }) =>
      log('debug', `stored files: ${operation}`, ended),
    ),
    localPath: (key) => blobs.localPath(key),
    checksum: (key) => blobs.checksum(key),
    purge: (id, options) => purgeRecording(purging, id, options),
    figures: () =>
      catalogue.contexts.withSession({ name: 'storage figures', readonly: true }, readStorageFigures),
  });
}
