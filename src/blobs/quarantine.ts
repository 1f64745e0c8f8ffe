import { dirname, posix } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { BlobKey } from './blob-store.ts';
import { isMissing, systemCodeOf } from './disk-failure.ts';
import { dropName, lstatIfThere } from './disk-place.ts';
import type { StoreFolders } from './store-folders.ts';

const MAX_OF_ONE_NAME = 1000;

/**
 * Moves what lies under `key` to `quarantine/<key>`, with a note beside it that says why. The note comes first, so
 * that nothing lies there unexplained. What is there already is never replaced: a further one gets a number.
 */
export async function quarantineFile(
  folders: StoreFolders,
  key: BlobKey,
  reason: string,
  writeNote: (noteKey: BlobKey, content: string) => Promise<void>,
): Promise<BlobKey> {
  const path = await folders.find(key).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (path === undefined || (await lstatIfThere(folders.fs, path)) === undefined) {
    throw new VoiceRecorderError(
      'blob-missing',
      `Nothing lies under ${key} that could be moved to quarantine.`,
    );
  }
  for (let count = 1; count <= MAX_OF_ONE_NAME; count++) {
    const newKey = numbered(`quarantine/${key}`, count);
    const target = await folders.make(newKey);
    if (!(await isFree(folders, path, target))) continue;
    await writeNote(`${newKey}.note.json`, noteOf(key, reason));
    if (!(await moveTo(folders, path, target))) continue;
    await folders.sync(dirname(target));
    await dropName(folders, path);
    return newKey;
  }
  throw new VoiceRecorderError(
    'blob-exists',
    `quarantine/${key} and its ${MAX_OF_ONE_NAME} numbers are taken.`,
  );
}

/** What lies in quarantine of the recording with this id, the notes included. */
export async function listQuarantined(folders: StoreFolders, key: BlobKey, id: string): Promise<BlobKey[]> {
  const home = key.startsWith('quarantine/') ? key : `quarantine/${key}`;
  try {
    const folder = dirname(await folders.find(home));
    const names = await folders.fs.readdir(folder);
    return names.filter((name) => name.includes(id)).map((name) => posix.join(posix.dirname(home), name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Free, or the same file: a crash came between the new name and the end of the old one. */
async function isFree(folders: StoreFolders, path: string, target: string): Promise<boolean> {
  const there = await lstatIfThere(folders.fs, target);
  if (there === undefined) return true;
  const here = await folders.fs.lstat(path);
  return there.dev === here.dev && there.ino === here.ino;
}

async function moveTo(folders: StoreFolders, path: string, target: string): Promise<boolean> {
  try {
    await folders.fs.link(path, target);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return isFree(folders, path, target);
    if (systemCodeOf(error) === 'ENOSPC') throw error;
    // No hard links here. Calls for one key come one at a time and this process alone writes, so the look holds.
    if ((await lstatIfThere(folders.fs, target)) !== undefined) return false;
    await folders.fs.rename(path, target);
    return true;
  }
}

function numbered(key: BlobKey, count: number): BlobKey {
  if (count === 1) return key;
  const { dir, name, ext } = posix.parse(key);
  return `${dir}/${name}.${count}${ext}`;
}

function noteOf(key: BlobKey, reason: string): string {
  const note = { format: 'voice-recorder-pro/quarantine-note', formatVersion: 1, from: key, reason };
  return `${JSON.stringify(note, null, 2)}\n`;
}
