import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';

/** Which files an import is about, found before the first one is touched. */
export interface ImportPlan {
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly totalBytes: number;
  /** What was named and cannot be imported. */
  readonly rejected: readonly ImportOutcome[];
}

export interface PlanWish {
  readonly paths: readonly string[];
  readonly isRecursive: boolean;
  /** Its own files are not imported again when a folder around it is. */
  readonly dataDir: string;
}

// Left in every folder by operating systems; nobody means them.
const FOLDER_LITTER = new Set(['thumbs.db', 'desktop.ini']);

/** Rejects with `usage` when a folder is named without `--recursive`. */
export async function planImport(wish: PlanWish): Promise<ImportPlan> {
  const dataDir = await realpath(wish.dataDir).catch(() => wish.dataDir);
  const files: { path: string; sizeBytes: number }[] = [];
  const rejected: ImportOutcome[] = [];
  const add = async (path: string) => {
    const found = await look(path);
    if (found instanceof VoiceRecorderError) {
      rejected.push({ file: path, status: 'rejected', error: { code: found.code, message: found.message } });
      return;
    }
    files.push({ path, sizeBytes: found.size });
  };
  for (const path of wish.paths) {
    if (!(await isFolder(path))) {
      await add(path);
    } else if (wish.isRecursive) {
      for await (const file of walk(path, dataDir)) await add(file);
    } else {
      throw new VoiceRecorderError(
        'usage',
        `${path} is a folder: add --recursive to import every file in it and in the folders below.`,
      );
    }
  }
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { files, totalBytes, rejected };
}

/** A file that must not be moved away because it is the store's own. */
export async function isInside(path: string, folder: string): Promise<boolean> {
  const [file, root] = await Promise.all([realpath(path), realpath(folder)]);
  return file === root || file.startsWith(root + sep);
}

/** Files below `folder` in the order of their names; hidden ones, links to folders and the store itself left out. */
async function* walk(folder: string, dataDir: string): AsyncGenerator<string> {
  if ((await realpath(folder)) === dataDir) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new VoiceRecorderError(
      'file-unreadable',
      `The folder ${folder} cannot be read: ${String(cause)}.`,
      {
        cause,
      },
    );
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || FOLDER_LITTER.has(entry.name.toLowerCase())) continue;
    if (entry.isDirectory()) yield* walk(path, dataDir);
    // A linked folder may lead round in a circle; a linked file is what its owner put there.
    else if (!entry.isSymbolicLink() || !(await isFolder(path))) yield path;
  }
}

async function look(path: string): Promise<{ size: number } | VoiceRecorderError> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found;
    return new VoiceRecorderError(
      'file-not-regular',
      `${path} is not a regular file: expected an audio file.`,
    );
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return new VoiceRecorderError('file-missing', `There is no file ${path}.`, { cause });
    }
    return new VoiceRecorderError('file-unreadable', `${path} cannot be read (${code}).`, { cause });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
