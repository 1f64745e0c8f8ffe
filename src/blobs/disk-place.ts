import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { BlobKey } from './blob-store.ts';
import { isMissing, systemCodeOf } from './disk-failure.ts';
import type { FileChecksum, FileHasher } from './file-checksum.ts';
import type { FileSystem, StoreFolders } from './store-folders.ts';

const FILE_MODE = 0o600;

/** What link() answers where two names for one file cannot be had: other file systems, FAT, some network shares. */
const NO_HARD_LINK: ReadonlySet<string> = new Set([
  'EPERM',
  'EXDEV',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EACCES',
]);

export interface DiskPlace {
  readonly folders: StoreFolders;
  readonly hasher: FileHasher;
}

/**
 * Moves the synced file at `sourcePath` to `key`. The name `key` appears in one step, with all its bytes, and never
 * over something; only when it is durable does the old name go. Each step may be the last one before a crash: the
 * same call made again goes on from there. `nameBeside` puts a document into the same folder, before the name appears:
 * one sync makes both last.
 */
export async function placeFile(
  disk: DiskPlace,
  key: BlobKey,
  sourcePath: string,
  expected: FileChecksum,
  nameBeside: () => Promise<unknown> = async () => {},
): Promise<void> {
  const { folders } = disk;
  const [target, source] = await Promise.all([folders.make(key), lstatIfThere(folders.fs, sourcePath)]);
  await nameBeside();
  if (source === undefined) {
    await expectPlacedBefore(disk, key, target, sourcePath, expected);
    return;
  }
  if (!source.isFile() || source.size !== expected.sizeBytes) {
    throw new VoiceRecorderError(
      'digest-mismatch',
      `${sourcePath} cannot be placed as ${key}: expected a file of ${expected.sizeBytes} bytes, ` +
        `found ${source.isFile() ? `${source.size} bytes` : 'no regular file'}.`,
    );
  }
  if ((source.mode & 0o777) !== FILE_MODE) await folders.fs.chmod(sourcePath, FILE_MODE);
  await giveName(disk, key, target, sourcePath, expected);
  await folders.sync(dirname(target));
  await dropFormerName(folders, sourcePath);
}

/** A name in the spool may come back with a power cut: each start judges what it finds there. */
async function dropFormerName(folders: StoreFolders, path: string): Promise<void> {
  if (folders.holds(path)) await dropName(folders, path);
  else await folders.fs.unlink(path).catch(ignoreMissing);
}

/** Takes away one name of a file that is durable under another one. */
export async function dropName(folders: StoreFolders, path: string): Promise<void> {
  try {
    await folders.fs.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return;
  }
  await folders.sync(dirname(path));
}

/** Resolves to the bytes freed, once the end of the name is durable. */
export async function removeFile(folders: StoreFolders, key: BlobKey): Promise<number> {
  try {
    const path = await folders.find(key);
    const found = await folders.fs.lstat(path);
    await dropName(folders, path);
    return found.isFile() && found.nlink === 1 ? found.size : 0;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

async function giveName(
  disk: DiskPlace,
  key: BlobKey,
  target: string,
  sourcePath: string,
  expected: FileChecksum,
): Promise<void> {
  try {
    await disk.folders.fs.link(sourcePath, target);
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'EEXIST') await expectSameBytes(disk, key, target, sourcePath, expected);
    else if (NO_HARD_LINK.has(code)) await copyTo(disk, key, target, sourcePath, expected);
    else throw error;
  }
}

async function expectPlacedBefore(
  disk: DiskPlace,
  key: BlobKey,
  target: string,
  sourcePath: string,
  expected: FileChecksum,
): Promise<void> {
  const there = await lstatIfThere(disk.folders.fs, target);
  if (there === undefined) {
    throw new VoiceRecorderError(
      'file-missing',
      `${sourcePath} cannot be placed as ${key}: neither of the two is there.`,
    );
  }
  await expectChecksum(disk, key, target, expected);
  await disk.folders.sync(dirname(target));
  if (!disk.folders.holds(sourcePath)) return;
  // The process that placed it may have died before it synced the folder it took the file from.
  await disk.folders.sync(dirname(sourcePath)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

async function expectSameBytes(
  disk: DiskPlace,
  key: BlobKey,
  target: string,
  sourcePath: string,
  expected: FileChecksum,
): Promise<void> {
  const { fs } = disk.folders;
  const [there, source] = [await fs.lstat(target), await fs.lstat(sourcePath)];
  if (there.dev === source.dev && there.ino === source.ino) return;
  await expectChecksum(disk, key, target, expected);
  await syncFile(fs, target);
}

async function expectChecksum(
  disk: DiskPlace,
  key: BlobKey,
  target: string,
  expected: FileChecksum,
): Promise<void> {
  const there = await disk.folders.fs.lstat(target);
  const found = there.isFile() ? (await disk.hasher.hashFile(target)).checksum : 'no regular file';
  if (found === expected.checksum) return;
  throw new VoiceRecorderError(
    'blob-exists',
    `${key} holds other bytes already: expected SHA-256 ${expected.checksum}, found ${found}.`,
  );
}

/** Where there are no hard links: a whole, verified copy under a name of our own, then that name becomes `key`. */
async function copyTo(
  disk: DiskPlace,
  key: BlobKey,
  target: string,
  sourcePath: string,
  expected: FileChecksum,
): Promise<void> {
  const { fs } = disk.folders;
  // Names of a machine without hard links are given by rename, which replaces: so first be sure there is none.
  if ((await lstatIfThere(fs, target)) !== undefined) {
    await expectChecksum(disk, key, target, expected);
    return;
  }
  const partial = partialPathOf(target);
  // What a crash left of an earlier copy; the source still has everything.
  await fs.unlink(partial).catch(ignoreMissing);
  try {
    await fs.copyFile(sourcePath, partial, constants.COPYFILE_EXCL);
    await syncFile(fs, partial);
    const { checksum } = await disk.hasher.hashFile(partial);
    if (checksum !== expected.checksum) {
      throw new VoiceRecorderError(
        'digest-mismatch',
        `The copy of ${sourcePath} for ${key} is not right: expected SHA-256 ${expected.checksum}, found ${checksum}.`,
      );
    }
    await fs.rename(partial, target);
  } catch (error) {
    await fs.unlink(partial).catch(ignoreMissing);
    throw error;
  }
}

/** Beside `target`, hidden, and the same after a crash. */
export function partialPathOf(target: string): string {
  return join(dirname(target), `.${basename(target)}.partial`);
}

export async function lstatIfThere(fs: FileSystem, path: string) {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function syncFile(fs: FileSystem, path: string): Promise<void> {
  const handle = await fs.open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
