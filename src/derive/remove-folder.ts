import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';

/** Removes a folder of derived files; resolves to the bytes freed, 0 when there is none. */
export async function removeFolder(folder: string): Promise<number> {
  try {
    let freedBytes = 0;
    for (const name of await namesIn(folder)) freedBytes += (await lstat(join(folder, name))).size;
    // A file that is just being made may appear between the look and the end of the folder.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    return freedBytes;
  } catch (cause) {
    throw new VoiceRecorderError('storage-failed', `The derived files in ${folder} could not be removed.`, {
      cause,
    });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
