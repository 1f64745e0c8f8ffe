import { closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';

const FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

/**
 * Makes names that were added to or removed from a folder survive a power cut. Windows has no such call: it opens no
 * folders, and its renames are journalled.
 */
export async function syncFolder(path: string): Promise<void> {
  assertOutsideWriteSession(`Syncing ${path}`);
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
  assertOutsideWriteSession(`Making ${path}`);
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/**
 * The same, for a process that does nothing else meanwhile. Level by level: Node's own recursive way never ends where the
 * kernel answers ENOENT to every name, as in `/proc`.
 */
export function makeFolderDurablyNow(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolderDurablyNow(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in this very moment.
    if (!isFolder(folder)) throw error;
  }
  syncFolderNow(parent);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
