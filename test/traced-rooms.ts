import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import * as realFs from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskFileSystem, openDiskBlobs } from '../src/blobs/disk-blobs.ts';
import { Reserve } from '../src/blobs/reserve.ts';
import { openCatalogue } from '../src/catalogue/open-catalogue.ts';
import { replaceCatalogue } from '../src/catalogue/replace-catalogue.ts';
import { systemClock } from '../src/model/clock.ts';

/* What a whole house does only after a crash or on odd disks, room by room; for `durability-trace.ts`. */

const root = process.argv[2] ?? '';
const mark = (name: string) => writeSync(1, `#mark ${name}\n`);
const bytes = Buffer.from('the bytes of a take');
const expected = { checksum: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
const failure = (code: string) => Promise.reject(Object.assign(new Error(code), { code, syscall: 'test' }));

const blobsRoot = join(root, 'blobs');
const sources = join(blobsRoot, 'quarantine');
for (const path of [blobsRoot, sources, join(root, 'backups')]) mkdirSync(path);
for (const path of [root, blobsRoot]) syncFolder(path);
let sourceCount = 0;
/** Synced, as everything is that is placed; and where a name that comes back would be taken for one that counts. */
async function source(): Promise<string> {
  const path = join(sources, String(sourceCount++));
  const file = await realFs.open(path, 'w');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  syncFolder(sources);
  return path;
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

async function onBlobs(
  name: string,
  /** Of this thread; without one the store may use another. */
  fs: DiskFileSystem | undefined,
  work: (blobs: Awaited<ReturnType<typeof openDiskBlobs>>) => Promise<unknown>,
) {
  const blobs = await openDiskBlobs({ root: blobsRoot, ...(fs ? { fs } : {}) });
  await work(blobs);
  await blobs.close();
  mark(name);
}

mark('begun');
await onBlobs('placed by link', realFs, async (blobs) =>
  blobs.place('raw/1/a.wav', await source(), expected, { key: 'raw/1/a.json', content: '{}' }),
);
const withoutLinks: DiskFileSystem = { ...realFs, link: () => failure('EPERM') };
await onBlobs('placed by copy', withoutLinks, async (blobs) =>
  blobs.place('raw/2/b.wav', await source(), expected),
);
await onBlobs('placed beside the same bytes', realFs, async (blobs) => {
  await blobs.putDocument('raw/3/c.json', '{}');
  // Whoever copied them there did not sync them.
  writeFileSync(blobs.localPath('raw/3/c.wav'), bytes, { mode: 0o600 });
  await blobs.place('raw/3/c.wav', await source(), expected);
});
await onBlobs('placed again after a death', realFs, async (blobs) => {
  const from = await source();
  await blobs.putDocument('raw/4/d.json', '{}');
  // A process linked it, removed the source and died before it synced either folder.
  await realFs.link(from, blobs.localPath('raw/4/d.wav'));
  unlinkSync(from);
  await blobs.place('raw/4/d.wav', from, expected);
});
await onBlobs('folder found after a death', realFs, async (blobs) => {
  mkdirSync(join(blobsRoot, 'raw', '5'));
  await blobs.putDocument('raw/5/e.json', '{}');
});
await onBlobs('document removed', realFs, (blobs) => blobs.removeDocument('raw/5/e.json'));
await onBlobs('quarantined', realFs, (blobs) => blobs.quarantine('raw/1/a.wav', 'A test.'));
await onBlobs('placed by a thread', undefined, async (blobs) => {
  const names = ['f', 'g', 'h', 'i', 'j'].map((name) => `raw/6/${name}`);
  const sources: string[] = [];
  for (const _ of names) sources.push(await source());
  const document = (name: string) => ({ key: `${name}.json`, content: '{}' });
  await Promise.all(
    names.map((name, index) => blobs.place(`${name}.wav`, sources[index] ?? '', expected, document(name))),
  );
});

const reserve = new Reserve({
  path: join(blobsRoot, 'reserve.bin'),
  readSpace: () => Promise.resolve({ freeBytes: 1e12, totalBytes: 1e12, freeInodes: null }),
  keepFreeBytes: 0,
  sizeBytes: 2_000_000,
});
await reserve.ensure();
mark('reserve made');
await reserve.release();
mark('reserve freed');

const file = join(blobsRoot, 'catalogue.sqlite');
const catalogue = await openCatalogue({ file, backupFolder: join(blobsRoot, 'backup'), clock: systemClock });
mark('catalogue made');
await catalogue.snapshot(join(root, 'backups', 'copy.sqlite'));
mark('snapshot taken');
await catalogue.close();
const fresh = join(blobsRoot, 'fresh.sqlite');
await realFs.copyFile(join(root, 'backups', 'copy.sqlite'), fresh);
for (const path of [fresh, blobsRoot]) syncFolder(path);
await replaceCatalogue(file, fresh, join(blobsRoot, 'former.sqlite'));
mark('catalogue replaced');
