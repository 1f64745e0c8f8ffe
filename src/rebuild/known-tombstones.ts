import { join } from 'node:path';
import { readRemains, readTombstone, tombstoneKey } from '../model/tombstone.ts';
import { lookAt, readDocument } from './look-at.ts';
import type { RebuildDesk } from './rebuild-desk.ts';
import { inPages, walkFiles } from './store-walk.ts';

const PAGE_SIZE = 200;

/** True when a person purged the recording `id`: whatever still lies around of it is none. */
export async function isBuried(dataDir: string, id: string): Promise<boolean> {
  return (await lookAt(join(dataDir, tombstoneKey(id)))) !== undefined;
}

/**
 * Enters all tombstones of the store; rows of an older catalogue that they speak of go. One that cannot be read is
 * obeyed all the same, for its name says enough.
 */
export async function buryKnown(desk: RebuildDesk): Promise<void> {
  for await (const page of inPages(walkFiles(desk.dataDir, 'tombstones'), PAGE_SIZE)) {
    const read = await Promise.all(page.map(({ key }) => readOne(desk, key)));
    await desk.known.bury(read.flatMap((tombstone) => tombstone ?? []));
  }
}

/** Leaves what is left of a purge that broke off, a file at `leftover`, to whoever finishes purges. */
export async function buryLeftover(desk: RebuildDesk, id: string, leftover: string): Promise<void> {
  const found = await readOne(desk, tombstoneKey(id));
  if (!found) return;
  const remains = { takeId: null, isEverywhere: false, ...found.remains, storedFilename: leftover };
  await desk.known.bury([{ ...found, remains }]);
}

async function readOne(desk: RebuildDesk, key: string) {
  const text = await readDocument(join(desk.dataDir, key), key).catch(() => '');
  const tombstone = readTombstone(text);
  return tombstone && { ...tombstone, remains: readRemains(text) ?? null };
}
