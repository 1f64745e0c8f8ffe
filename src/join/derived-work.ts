import type { BlobKey } from '../blobs/blob-store.ts';
import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import { guardDeriving } from '../capacity/guarded-media.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { DerivedFiles } from '../derive/derived-files.ts';
import { type DerivedJobs, derivedJobs } from '../derive/derived-jobs.ts';
import { type MeasureJobs, measureJobs } from '../derive/measure-jobs.ts';
import { TakeFiles } from '../derive/take-files.ts';
import type { PeaksPlace } from '../ingest/ingest-desk.ts';
import { DatabaseJobQueue } from '../jobs/database-job-queue.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Media } from '../media/media.ts';
import type { Clock } from '../model/clock.ts';
import type { Recording } from '../model/recording.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { chooseSegments } from '../model/take.ts';

export interface DerivedWorkParts {
  readonly config: StorageConfig;
  readonly storeId: string;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly media: Media;
  /** Rejects with `disk-full` when no derived file is to be made any more. */
  requireRoomToDerive(): Promise<void>;
  /** True while bytes of this take are still on their way. */
  isTakeArriving(takeId: string): boolean;
  onMeasured(recording: Recording): void;
  logged(message: string): (error: unknown) => void;
}

/** Everything that makes files from originals, and the queue in which such work stands. */
export interface DerivedWork {
  readonly derived: DerivedFiles;
  readonly takeFiles: TakeFiles;
  readonly queue: JobQueue;
  readonly measuring: MeasureJobs;
  readonly jobs: DerivedJobs;
  /** Module of the spool's threads, which make peaks of what they copy. */
  readonly spoolThreadEntry: URL;
  peaksPlace(): Promise<PeaksPlace | undefined>;
}

export function joinDerivedWork(parts: DerivedWorkParts): DerivedWork {
  const { catalogue, blobs, media } = parts;
  const { recordings, stores } = catalogue;
  const deriveDesk = {
    derivedPath: parts.config.derivedPath,
    media: guardDeriving(media, () => parts.requireRoomToDerive()),
    localPath: (key: BlobKey) => blobs.localPath(key),
  };
  const derived = new DerivedFiles(deriveDesk);
  const takeFiles = new TakeFiles(deriveDesk);
  const queue = new DatabaseJobQueue(catalogue.contexts, {
    clock: parts.clock,
    holder: parts.storeId,
    storeId: stores.home,
  });
  const measuring = measureJobs({
    ...deriveDesk,
    queue,
    recordings,
    onMeasured: (recording) => parts.onMeasured(recording),
    onFault: parts.logged('Unmeasured recordings were not looked for.'),
  });
  const jobs = derivedJobs({
    queue,
    derived,
    measuring,
    find: (id) => recordings.find(id),
    takeFiles,
    settledTake: async (takeId) => {
      if (parts.isTakeArriving(takeId)) return [];
      const segments = chooseSegments(await recordings.listTake(takeId));
      // What another store has of it cannot be joined here.
      return segments.every((segment) => stores.has(segment)) ? segments : [];
    },
  });
  const place: PeaksPlace = {
    pathOf: (id) => derived.peaksPath(id),
    forget: (id) => derived.remove(id),
  };
  return {
    derived,
    takeFiles,
    queue,
    measuring,
    jobs,
    spoolThreadEntry: siblingModule(import.meta.url, 'spool-worker'),
    peaksPlace: () =>
      parts.requireRoomToDerive().then(
        () => place,
        () => undefined,
      ),
  };
}
