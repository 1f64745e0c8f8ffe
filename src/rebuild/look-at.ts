import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';

/** Notes of a hundred thousand characters and ten thousand markers stay well below. */
const LARGEST_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** What lies at `path` itself, a link not followed; undefined when nothing does. */
export async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Rejects with `sidecar-unreadable` when it is too large to be one, with `file-unreadable` when the disk refuses. */
export async function readDocument(path: string, key: string): Promise<string> {
  try {
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = await open(path, flags);
    try {
      const { size } = await file.stat();
      if (size > LARGEST_DOCUMENT_BYTES) {
        throw new VoiceRecorderError(
          'sidecar-unreadable',
          `The sidecar ${key} cannot be used: it has ${size} bytes, expected at most ${LARGEST_DOCUMENT_BYTES}.`,
        );
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof VoiceRecorderError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VoiceRecorderError('file-unreadable', `${key} cannot be read: ${reason}.`, { cause });
  }
}
