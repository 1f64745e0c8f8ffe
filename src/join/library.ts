import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { SidecarWriter } from '../catalogue/sidecar-writer.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { DerivedFiles } from '../derive/derived-files.ts';
import type { TakeFiles } from '../derive/take-files.ts';
import { importFile } from '../ingest/import-file.ts';
import type { ImportDesk, IngestDesk } from '../ingest/ingest-desk.ts';
import type { Activity } from '../library/activity.ts';
import { JoinedLibrary } from '../library/joined-library.ts';
import { JoinedTakes } from '../library/joined-takes.ts';
import type { StoreSpace } from '../library/store-space.ts';
import { readPeaksView } from '../media/peaks-view.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { UploadSpool } from '../record/uploads-desk.ts';

/** What is done with recordings that are there, and with files that come in from disk, is joined from this. */
export interface LibraryParts {
  readonly config: StorageConfig;
  /** Null where files may be of any size. */
  readonly maxFileBytes: number | null;
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly ingest: IngestDesk;
  readonly uploads: UploadSpool;
  readonly space: StoreSpace;
  readonly sidecars: SidecarWriter;
  readonly derived: DerivedFiles;
  readonly takeFiles: TakeFiles;
  readonly peaksPlace: NonNullable<ImportDesk['peaksPlace']>;
  readonly activity: Activity;
  publish(event: RecorderEvent): void;
}

export function joinLibrary(parts: LibraryParts): { library: JoinedLibrary; takes: JoinedTakes } {
  const { config, maxFileBytes, catalogue, blobs, ingest, uploads, space, sidecars } = parts;
  const { derived, takeFiles, peaksPlace, activity, publish } = parts;
  const importDesk: ImportDesk = {
    ...ingest,
    dataDir: config.dataDir,
    localPath: (key) => blobs.localPath(key),
    maxFileBytes,
    usableBytes: async () =>
      config.enableDiskSpaceCheck ? await space.usableBytes() : Number.POSITIVE_INFINITY,
    copyIn: (path, wish, copyOptions) => uploads.copyIn(path, wish, copyOptions),
    discardSpooled: (id) => uploads.discardSpooled(id),
    peaksPlace,
  };
  const library = new JoinedLibrary({
    recordings: catalogue.recordings,
    blobs,
    requireHere: (recording) => catalogue.stores.requireHere(recording),
    history: catalogue.history,
    collections: catalogue.collections,
    flushSidecar: (id) => sidecars.flush(id),
    wakeSidecars: () => sidecars.wake(),
    peaksFile: (recording) => derived.peaks(recording),
    readPeaks: readPeaksView,
    playableFile: (recording) => derived.playable(recording),
    importFile: (path, importOptions) => activity.during(() => importFile(importDesk, path, importOptions)),
    publish,
  });
  const takes = new JoinedTakes({
    recordings: catalogue.recordings,
    stores: catalogue.stores,
    blobs,
    library,
    files: takeFiles,
    readPeaks: readPeaksView,
    isArriving: async (takeId) => uploads.isTakeArriving(takeId),
    flushSidecar: (id) => sidecars.flush(id),
    publish,
  });
  return { library, takes };
}
