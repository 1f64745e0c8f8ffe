import { constants } from 'node:fs';
import { partialPathOf } from './disk-place.ts';
import type { FileSystem } from './store-folders.ts';

/**
 * Writes a document under a name of our own and then gives it its name, in place of an older one. The content is on
 * stable storage, and the name once the folder is synced.
 */
export async function writeNamed(fs: FileSystem, target: string, content: string): Promise<void> {
  const partial = partialPathOf(target);
  try {
    await writeWhole(fs, partial, content);
    await fs.rename(partial, target);
  } catch (error) {
    await fs.unlink(partial).catch(() => {
      // The first failure is the one to tell; the next writing replaces what is left here.
    });
    throw error;
  }
}

async function writeWhole(fs: FileSystem, path: string, content: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
  const file = await fs.open(path, flags, 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
}
