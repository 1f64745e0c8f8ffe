import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

/**
 * Makes names that were added to or removed from a folder survive a power cut. Windows has no such call: it opens no
 * folders, and its renames are journalled.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, FLAGS);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The same, for threads that do nothing else meanwhile. */
export function syncFolderNow(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, FLAGS);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes `path` and its missing parents, 0700, each durable. */
export async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
