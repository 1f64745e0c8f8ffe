/** Entry of a thread that walks folders: it blocks for as long as the disk takes, and nobody else waits for it. */
import { lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FolderUsage } from './folder-usage.ts';

const places = workerData as Readonly<Record<string, readonly string[]>>;

function measure(path: string): FolderUsage {
  // A link counts as itself and is never followed.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { count: 0, bytes: 0 };
  if (!found.isDirectory()) return { count: 1, bytes: found.isFile() ? found.size : 0 };
  let count = 0;
  let bytes = 0;
  const folder = opendirSync(path, { bufferSize: 256 });
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      const inside = measureIfThere(join(path, entry.name));
      count += inside.count;
      bytes += inside.bytes;
    }
  } finally {
    folder.closeSync();
  }
  return { count, bytes };
}

/** Files come and go while they are counted. */
function measureIfThere(path: string): FolderUsage {
  try {
    return measure(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return { count: 0, bytes: 0 };
    throw error;
  }
}

const answer = Object.fromEntries(
  Object.entries(places).map(([kind, paths]) => {
    const parts = paths.map(measureIfThere);
    const sum = (field: keyof FolderUsage) => parts.reduce((all, part) => all + part[field], 0);
    return [kind, { count: sum('count'), bytes: sum('bytes') }];
  }),
);
parentPort?.postMessage(answer);
