import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatBytes } from '../model/format.ts';

/** A file system that may be filled to its last byte. */
export interface SmallDisk {
  /** A folder on it that is ours alone. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Room for the reserve of a store, four times over as it is asked for, and some audio. */
const SIZE_BYTES = 360 * 1024 * 1024;
/** Filling more than this would take too long, and might be a disk that others need. */
const LARGEST_GIVEN_BYTES = 2 * 1024 ** 3;
const LEAST_GIVEN_BYTES = 32 * 1024 ** 2;
/** It is kept in memory: without ample room others would suffer. */
const LEAST_MEMORY_BYTES = 3 * SIZE_BYTES;

const run = promisify(execFile);

/**
 * The small file system at `given`, else one in memory mounted inside of `folder`, which only root on Linux may do.
 * Resolves to a sentence when there is none to be had.
 */
export async function openSmallDisk(folder: string, given: string | null): Promise<SmallDisk | string> {
  if (given !== null) return await takeGiven(given, folder);
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'No disk was filled: only root on Linux may mount a small one; name one with --small-folder.';
  }
  if (process.availableMemory() < LEAST_MEMORY_BYTES) {
    return `No disk was filled: a small one is kept in memory, and less than ${formatBytes(LEAST_MEMORY_BYTES)} of it are free; name one with --small-folder.`;
  }
  const mountPoint = join(folder, 'small-disk');
  await mkdir(mountPoint);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=0700`, 'vrp-crashtest', mountPoint]);
  } catch (error) {
    return `No disk was filled: a small one could not be mounted (${(error as Error).message.trim()}); name one with --small-folder.`;
  }
  // Also when the process is ended at once: a mount outlives it.
  const unmountNow = () => execFileSync('umount', ['-l', mountPoint], { stdio: 'ignore' });
  process.once('exit', unmountNow);
  return {
    folder: mountPoint,
    close: async () => {
      await run('umount', [mountPoint]);
      process.off('exit', unmountNow);
    },
  };
}

async function takeGiven(given: string, ownFolder: string): Promise<SmallDisk | string> {
  const [there, here] = await Promise.all([statfs(given), statfs(ownFolder)]);
  const totalBytes = there.blocks * there.bsize;
  const isSameDisk = there.type === here.type && there.blocks === here.blocks && there.bfree === here.bfree;
  if (isSameDisk || totalBytes > LARGEST_GIVEN_BYTES || totalBytes < LEAST_GIVEN_BYTES) {
    return (
      `No disk was filled: ${given} lies on a file system of ${formatBytes(totalBytes)}; expected one of its own of ` +
      `${formatBytes(LEAST_GIVEN_BYTES)} to ${formatBytes(LARGEST_GIVEN_BYTES)}.`
    );
  }
  const folder = await mkdtemp(join(given, 'vrp-crashtest-'));
  return { folder, close: () => rm(folder, { recursive: true, force: true }) };
}
