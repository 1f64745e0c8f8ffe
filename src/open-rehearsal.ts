import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { readSpace } from './blobs/disk-space.ts';
import { openFileHasher } from './blobs/file-checksum.ts';
import { StorageConfig } from './config/storage-config.ts';
import { rehearse } from './ingest/rehearse.ts';
import { openMedia } from './media/open-media.ts';
import type { ImportOutcome } from './model/import-outcome.ts';
import type { ImportOptions } from './voice-recorder.ts';

const MB = 1_000_000;

/** Says what would become of files that are imported; judges them here, and nothing leaves this process. */
export interface Rehearsal {
  importFile(path: string, options?: Pick<ImportOptions, 'isMove' | 'signal'>): Promise<ImportOutcome>;
  close(): Promise<void>;
}

/** Runs every check of an import without opening, or making, a store; duplicates are not seen. */
export function openRehearsal(dataDir: string): Rehearsal {
  const { maxFileMb, minDiskSpaceMb, enableDiskSpaceCheck } = StorageConfig.describe(undefined, { dataDir });
  const media = openMedia();
  const hasher = openFileHasher({ workerCount: 1 });
  const desk = {
    dataDir,
    maxFileBytes: maxFileMb === 0 ? null : maxFileMb * MB,
    usableBytes: async () => {
      if (!enableDiskSpaceCheck) return Number.POSITIVE_INFINITY;
      const { freeBytes } = await readSpace(firstExisting(dataDir));
      return Math.max(0, freeBytes - minDiskSpaceMb * MB);
    },
    probe: (path: string, filename: string, signal?: AbortSignal) => media.probe(path, filename, signal),
    hashFile: (path: string, signal?: AbortSignal) => hasher.hashFile(path, signal),
    findByChecksum: async () => undefined,
  };
  return {
    importFile: (path, options = {}) => rehearse(desk, path, options),
    close: async () => {
      await Promise.all([media.close(), hasher.close()]);
    },
  };
}

/** The folder itself, or the nearest one above it that is there: the disk it would be made on. */
function firstExisting(folder: string): string {
  const parent = dirname(folder);
  return existsSync(folder) || parent === folder ? folder : firstExisting(parent);
}
