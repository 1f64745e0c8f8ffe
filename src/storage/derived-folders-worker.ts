// Measures every folder of derived files. In a thread of its own, where looking one after the other blocks nobody and
// is many times faster than asking for each by itself.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/** A folder below `derived/` and the bytes of the files in it. */
export interface DerivedFolder {
  readonly name: string;
  readonly bytes: number;
}

const BATCH = 1_000;

function measure(root: string): void {
  let batch: DerivedFolder[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    batch.push({ name: entry.name, bytes: sizeOf(join(root, entry.name)) });
    if (batch.length < BATCH) continue;
    parentPort?.postMessage(batch);
    batch = [];
  }
  parentPort?.postMessage(batch);
}

/** What goes away while it is looked at has no size. */
function sizeOf(folder: string): number {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder)) {
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (found?.isFile()) bytes += found.size;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return bytes;
}

measure(String(workerData));
