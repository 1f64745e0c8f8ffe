import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that lies in a folder of the store. */
export interface FoundFile {
  /** Path relative to the data folder, with forward slashes. */
  readonly key: string;
  /** False for symbolic links, pipes and the like, which are never followed. */
  readonly isRegular: boolean;
}

/**
 * Everything below `folder` that is no folder, in no particular order and without holding a list of it. A folder that
 * is not there has nothing in it.
 */
export async function* walkFiles(dataDir: string, folder: string): AsyncGenerator<FoundFile> {
  const entries = await opendir(join(dataDir, folder), { bufferSize: 512 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (entries === undefined) return;
  for await (const entry of entries) {
    // Names with a dot in front are half-written files of this program, or belong to the system.
    if (entry.name.startsWith('.')) continue;
    const key = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walkFiles(dataDir, key);
    else yield { key, isRegular: entry.isFile() };
  }
}

/** Gathers what comes into lists of at most `size`. */
export async function* inPages<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
