import { failureCodeOf } from '../model/failure.ts';
import type { BlobFinding, BlobKey } from './blob-store.ts';
import { isMissing, systemCodeOf } from './disk-failure.ts';
import type { FileHasher } from './file-checksum.ts';
import type { ReadingPace } from './reading-pace.ts';
import type { StoreFolders } from './store-folders.ts';

/** Says what lies under `key`. Links are looked at, never followed, neither in the name nor in a folder above it. */
export async function examineBlob(
  folders: StoreFolders,
  hasher: FileHasher,
  key: BlobKey,
  options: { readonly signal?: AbortSignal | undefined; readonly pace?: ReadingPace | undefined },
): Promise<BlobFinding> {
  try {
    const path = await folders.find(key);
    const found = await folders.fs.lstat(path);
    if (found.isDirectory()) return { kind: 'folder' };
    if (found.isSymbolicLink()) return { kind: 'symbolic-link' };
    if (!found.isFile()) return { kind: 'special-file' };
    const reading = { pace: options.pace, sizeBytes: found.size };
    return { kind: 'file', ...(await hasher.hashFile(path, options.signal, reading)) };
  } catch (error) {
    if (failureCodeOf(error) === 'interrupted') throw error;
    if (isMissing(error)) return { kind: 'missing' };
    const code = systemCodeOf(error);
    // Put there between the look and the reading.
    if (code === 'ELOOP') return { kind: 'symbolic-link' };
    if (failureCodeOf(error) === 'file-not-regular') return { kind: 'special-file' };
    if (!(error instanceof Error) || (failureCodeOf(error) === undefined && code === undefined)) throw error;
    // Of the system's own message the part that names no path, which the caller knows better.
    const why = failureCodeOf(error) === undefined ? error.message.replace(/, \w+ '.*'$/, '') : error.message;
    return { kind: 'unreadable', reason: `${key} cannot be read: ${why.replace(/\.$/, '')}.` };
  }
}
