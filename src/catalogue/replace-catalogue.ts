import { lstat, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { asWriteFailure } from '../durable/write-failure.ts';

/**
 * Puts the whole, closed database `fresh` into the place of `file`. What was there stays beside it as `kept`, with
 * its log. A crash in between leaves no catalogue at all rather than a wrong one: then the same has to be done again.
 * Resolves to whether there was anything to keep. Rejects with `disk-full` or `storage-failed`.
 */
export async function replaceCatalogue(file: string, fresh: string, kept: string): Promise<boolean> {
  try {
    const wasThere = await renameIfThere(file, kept);
    // A log that stays behind would be played into a database that it does not belong to.
    await renameIfThere(`${file}-wal`, `${kept}-wal`);
    await renameIfThere(`${file}-shm`, `${kept}-shm`);
    await syncFolder(dirname(file));
    await rename(fresh, file);
    await syncFolder(dirname(file));
    return wasThere;
  } catch (error) {
    throw asWriteFailure(error, `The new catalogue ${file}`);
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await lstat(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await rename(from, to);
  return true;
}
