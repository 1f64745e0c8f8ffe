import { dirname } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { WorkerPool } from '../threads/worker-pool.ts';
import type { BlobDocument, BlobKey } from './blob-store.ts';
import { type DiskPlace, placeFile } from './disk-place.ts';
import type { FileChecksum } from './file-checksum.ts';
import { writeNamed } from './named-document.ts';

export interface Placement {
  readonly key: BlobKey;
  readonly sourcePath: string;
  readonly expected: FileChecksum;
  /** Gets its name in the same folder before the bytes do. */
  readonly document?: BlobDocument | undefined;
}

/** What a placing thread is to know of its store. */
export interface PlacedStore {
  /** Without symbolic links. */
  readonly root: string;
  /** As others write it. */
  readonly givenRoot: string;
}

/** Gives bytes their place in the store; see `placeFile()`. */
export interface Placer {
  place(placement: Placement): Promise<void>;
  close(): Promise<void>;
}

/** Where the caller runs: for a disk that only this thread knows. */
export function placerHere(disk: DiskPlace): Placer {
  return { place: (placement) => placeBeside(disk, placement), close: async () => undefined };
}

/** So many at once are placed where the caller runs: a thread for them would cost more than it saves. */
const HERE_AT_ONCE = 2;

/**
 * Takes a thread when many files come at once: a dozen looks at the disk for each of them are then one way there and
 * back.
 */
export function openPlacer(disk: DiskPlace, store: PlacedStore): Placer {
  const pool = new WorkerPool<Placement>(siblingModule(import.meta.url, 'placing-worker'), {
    name: 'placing',
    size: 1,
    sharedAtOnce: Number.POSITIVE_INFINITY,
    workerData: store,
  });
  const underWay = new Set<Promise<void>>();
  return {
    async place(placement) {
      const isCrowded = underWay.size >= HERE_AT_ONCE || pool.isRunning;
      const placing = isCrowded
        ? pool.run<void>(placement, { isShared: true })
        : placeBeside(disk, placement);
      underWay.add(placing);
      try {
        await placing;
      } finally {
        underWay.delete(placing);
      }
    },
    async close() {
      await Promise.allSettled(underWay);
      await pool.close();
    },
  };
}

export async function placeBeside(
  disk: DiskPlace,
  { key, sourcePath, expected, document }: Placement,
): Promise<void> {
  if (document === undefined) return await placeFile(disk, key, sourcePath, expected);
  if (dirname(document.key) !== dirname(key)) {
    throw new VoiceRecorderError('invalid-input', `${document.key} does not lie beside ${key}.`);
  }
  const { fs } = disk.folders;
  await placeFile(disk, key, sourcePath, expected, () =>
    writeNamed(fs, disk.folders.pathOf(document.key), document.content),
  );
}
