import { statfs } from 'node:fs/promises';
import { asDiskFailure } from './disk-failure.ts';

export interface DiskSpace {
  /** What this user may still fill; the share kept for the system is not counted. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; null where the file system does not count them (Btrfs, network shares). */
  readonly freeInodes: number | null;
}

/** Asks the file system that holds `path`. Rejects with `storage-failed`. */
export async function readSpace(path: string): Promise<DiskSpace> {
  try {
    const found = await statfs(path);
    return {
      freeBytes: found.bavail * found.bsize,
      totalBytes: found.blocks * found.bsize,
      freeInodes: found.files === 0 ? null : found.ffree,
    };
  } catch (error) {
    throw asDiskFailure(error, `ask how much room is left in ${path}`);
  }
}
