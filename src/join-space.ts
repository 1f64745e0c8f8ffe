import { readSpace } from './blobs/disk-space.ts';
import { Reserve } from './blobs/reserve.ts';
import type { StorageConfig } from './config/storage-config.ts';
import { StoreSpace } from './library/store-space.ts';
import type { LogListener } from './open-options.ts';

const MB = 1_000_000;

/** The room of a store, as its settings want it kept. */
export function spaceOf(config: StorageConfig, log: LogListener): StoreSpace {
  const keepFreeBytes = config.enableDiskSpaceCheck ? config.minDiskSpaceMb * MB : 0;
  const read = () => readSpace(config.dataDir);
  return new StoreSpace({
    readSpace: read,
    reserve: new Reserve({ path: config.reserveFile, readSpace: read, keepFreeBytes }),
    keepFreeBytes,
    onFault: (error) => log('warn', 'The reserve could not be made.', { error }),
  });
}
