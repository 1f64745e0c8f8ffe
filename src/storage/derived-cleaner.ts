import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import { counted } from '../model/format.ts';
import { isId } from '../model/id.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { startThread } from '../threads/start-thread.ts';
import type { Cleaner } from './cleaner.ts';
import type { DerivedFolder } from './derived-folders-worker.ts';

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
      for await (const { name, bytes } of derivedFolders(desk.derivedPath)) {
        if (bytes === 0 || !(name.startsWith(TAKE) || isId(name))) continue;
        if (desk.isBeingMade(join(desk.derivedPath, name))) continue;
        yield { name: `derived/${name}`, bytes, id: isId(name) ? name : null };
      }
    },
    remove: ({ name }) => {
      const folder = name.slice('derived/'.length);
      return folder.startsWith(TAKE) ? desk.removeOfTake(folder.slice(TAKE.length)) : desk.removeOf(folder);
    },
  };
}

/** Rejects with `storage-failed`. */
async function* derivedFolders(path: string): AsyncGenerator<DerivedFolder, void, undefined> {
  if (!existsSync(path)) return;
  const worker = startThread(siblingModule(import.meta.url, 'derived-folders-worker'), { workerData: path });
  const batches: (readonly DerivedFolder[])[] = [];
  let isEnded = false;
  let failure: unknown;
  let wake = () => {};
  worker.on('message', (batch: readonly DerivedFolder[]) => {
    batches.push(batch);
    wake();
  });
  worker.on('error', (error) => {
    failure = error;
  });
  worker.on('exit', () => {
    isEnded = true;
    wake();
  });
  try {
    for (;;) {
      const batch = batches.shift();
      if (batch) yield* batch;
      else if (isEnded) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    await worker.terminate();
  }
  if (failure === undefined) return;
  throw new VoiceRecorderError('storage-failed', `The folder ${path} cannot be read.`, { cause: failure });
}
