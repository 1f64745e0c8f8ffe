import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanupItem } from '../model/cleanup.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId } from '../model/id.ts';
import { type Cleaner, counted } from './cleaner.ts';

const TAKE = 'take-';

/** Peaks, renditions and joined takes. What is just being made stays. */
export function derivedCleaner(desk: {
  readonly derivedPath: string;
  isBeingMade(folder: string): boolean;
  removeOf(id: string): Promise<number>;
  removeOfTake(takeId: string): Promise<number>;
}): Cleaner {
  return {
    kind: 'derived',
    risk: 'none',
    describe: (count) =>
      `Waveforms and playable copies of ${counted(count, 'recording')}. They are made again from the originals ` +
      'when somebody opens them, which takes a moment each.',
    async *find() {
      for (const name of await foldersIn(desk.derivedPath)) {
        const isOurs = name.startsWith(TAKE) || isId(name);
        if (!isOurs || desk.isBeingMade(join(desk.derivedPath, name))) continue;
        const bytes = await sizeOf(join(desk.derivedPath, name));
        if (bytes > 0) yield { name: `derived/${name}`, bytes, id: isId(name) ? name : null } as CleanupItem;
      }
    },
    remove: ({ name }) => {
      const folder = name.slice('derived/'.length);
      return folder.startsWith(TAKE) ? desk.removeOfTake(folder.slice(TAKE.length)) : desk.removeOf(folder);
    },
  };
}

async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendirOrNone(path)) if (entry.isDirectory()) names.push(entry.name);
  return names.sort();
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of await opendirOrNone(folder)) {
    if (!entry.isFile()) continue;
    // It may have been replaced since the folder was read.
    bytes += await lstat(join(folder, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

async function opendirOrNone(path: string) {
  try {
    return await opendir(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new VoiceRecorderError('storage-failed', `The folder ${path} cannot be read.`, { cause });
  }
}
