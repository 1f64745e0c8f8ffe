import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { asDiskFailure, isMissing } from './disk-failure.ts';

/** What a small write told about a disk. */
export interface WriteProof {
  /** From the order to sync until the disk said that it has, without what every call takes. */
  readonly syncMs: number;
  /** The time by which the file system dated the file. */
  readonly fileTimeMs: number;
}

/** Beside the folders of the store, where nobody looks for recordings. */
const NAME = '.write-probe';
const PROOF = Buffer.alloc(4096, 'Voice Recorder Pro tries whether this disk can be written to.\n');
const TRIES = 5;

/**
 * Writes a page to a file in `folder`, syncs it and removes it: what is only looked up, such as permissions or free
 * space, says less. One that was left by a crash is replaced. Rejects with `disk-full` or `storage-failed`.
 */
export async function proveWritable(folder: string): Promise<WriteProof> {
  const path = join(folder, NAME);
  try {
    const file = await create(path);
    try {
      await file.writeFile(PROOF);
      const startedAt = performance.now();
      await file.datasync();
      const syncedAt = performance.now();
      const { mtimeMs } = await file.stat();
      const callMs = performance.now() - syncedAt;
      return { syncMs: Math.max(0, syncedAt - startedAt - callMs), fileTimeMs: mtimeMs };
    } finally {
      await file.close();
      await remove(path);
    }
  } catch (error) {
    throw asDiskFailure(error, `write to ${folder}`);
  }
}

/** Never through a link that somebody put there. Others may be trying at the same time. */
async function create(path: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  for (let tries = 1; ; tries += 1) {
    await remove(path);
    try {
      return await open(path, flags, 0o600);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!isThere || tries === TRIES) throw error;
    }
  }
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}
