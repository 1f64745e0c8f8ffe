import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { asWriteFailure } from '../durable/write-failure.ts';
import type { Recording } from '../model/recording.ts';

const MANIFEST_NAME = 'SHA256SUMS';

// Lines gathered into one write.
const CHUNK_CHARACTERS = 256 * 1024;

type Listed = Pick<Recording, 'checksum' | 'storedFilename' | 'status'>;

/**
 * Lines, each with its line feed, that `sha256sum -c` checks from within the data folder. Recordings whose bytes are
 * still on their way are left out; missing and damaged ones stay in, for the check to name them.
 */
export async function* manifestLines(recordings: AsyncIterable<Listed>): AsyncGenerator<string> {
  for await (const { checksum, storedFilename, status } of recordings) {
    if (status !== 'placing') yield manifestLine(checksum, storedFilename);
  }
}

/** coreutils: a name with a backslash, line feed or carriage return is escaped, and the line says so at its start. */
export function manifestLine(checksum: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${checksum}  ${escaped}\n`;
}

/**
 * Writes `SHA256SUMS` into the data folder: the old or the new one is there, whole, also after a crash.
 * Rejects with `disk-full` or `storage-failed`.
 */
export async function writeManifest(
  dataDir: string,
  recordings: AsyncIterable<Listed>,
): Promise<{ readonly path: string; readonly count: number }> {
  const path = join(dataDir, MANIFEST_NAME);
  const partial = `${path}.partial`;
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
    const file = await open(partial, flags, 0o600);
    let count: number;
    try {
      count = await writeLines(file, manifestLines(recordings));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncFolder(dataDir);
    return { path, count };
  } catch (error) {
    throw asWriteFailure(error, path);
  }
}

async function writeLines(file: FileHandle, lines: AsyncIterable<string>): Promise<number> {
  let count = 0;
  let chunk = '';
  for await (const line of lines) {
    count += 1;
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    await file.writeFile(chunk);
    chunk = '';
  }
  await file.writeFile(chunk);
  return count;
}
