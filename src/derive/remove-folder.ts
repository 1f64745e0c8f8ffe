import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../durable/folder-names.ts';
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
