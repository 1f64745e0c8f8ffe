import { openDiskBlobs } from './blobs/disk-blobs.ts';
import { openFileHasher } from './blobs/file-checksum.ts';
import { StorageConfig } from './config/storage-config.ts';
import { takeStoreLock } from './config/store-lock.ts';
import { claimStore, readMarker, seenStoreId } from './config/store-marker.ts';
import { systemClock } from './model/clock.ts';
import { VoiceRecorderError } from './model/failure.ts';
import { type RebuildOptions, rebuildStore, type StoreRebuild } from './rebuild-store.ts';
import { readMarkerAt } from './sync/far-marker.ts';
import { type FetchReport, fetchCopies } from './sync/restore.ts';
import type { TargetPlace } from './sync/target-place.ts';
import { openThreadedTarget } from './sync/threaded-target.ts';

/** From where, and what of it. */
export interface RestoreCopiesOptions extends RebuildOptions {
  readonly place: TargetPlace;
  /** Only recordings with these ids; all when not given. */
  readonly ids?: readonly string[];
}

/** What came back, and what the catalogue made of it. */
export interface RestoredCopies extends FetchReport {
  readonly storeId: string;
  readonly rebuilt: StoreRebuild;
}

/**
 * Founds a store anew from a target alone, or brings into a store what it lost: audio and sidecars, each compared with its
 * checksum, then the catalogue from them. The store keeps its id, so that it goes on with the same targets. Rejects with
 * `target-marker-missing`, `target-of-other-store`, `store-locked`, `interrupted`, `disk-full`, and as targets and
 * `rebuildStore()` do.
 */
export async function restoreCopies(options: RestoreCopiesOptions): Promise<RestoredCopies> {
  const config = StorageConfig.fromEnvironment(options.environment, options.overrides);
  const { storeId, ...fetched } = await fetchInto(config, options);
  return { storeId, ...fetched, rebuilt: await rebuildStore(options) };
}

async function fetchInto(
  config: StorageConfig,
  { place, ids, signal, onProgress, lockWaitMs }: RestoreCopiesOptions,
): Promise<FetchReport & { readonly storeId: string }> {
  await using opened = new AsyncDisposableStack();
  const far = openThreadedTarget(place);
  opened.defer(() => far.close());
  const marker = await readMarkerAt(far);
  if (marker === undefined) {
    throw new VoiceRecorderError(
      'target-marker-missing',
      'There are no copies of a store: vrp-copies.json is missing.',
    );
  }
  const { storeId } = marker;
  const lock = await takeStoreLock(config.lockFile, systemClock, lockWaitMs ?? 0);
  opened.defer(() => lock.release());
  const hereId = readMarker(config)?.id ?? seenStoreId(config);
  if (hereId !== undefined && hereId !== storeId) {
    throw new VoiceRecorderError(
      'target-of-other-store',
      `The copies are those of the store ${storeId}, and ${config.dataDir} is the store ${hereId}. Choose an empty folder with --data-dir.`,
    );
  }
  claimStore(config, systemClock, true, storeId);
  const hasher = openFileHasher();
  opened.defer(() => hasher.close());
  const blobs = await openDiskBlobs({ root: config.dataDir, hasher });
  opened.defer(() => blobs.close());
  const report = await fetchCopies({
    ...{ far, blobs, signal },
    scratchFolder: config.derivedPath,
    ...(ids && { ids }),
    onProgress: (progress) => onProgress?.(progress),
  });
  return { storeId, ...report };
}
