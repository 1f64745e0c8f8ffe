// Opens the store in the folder named by its argument, settles what the last run left, checks everything, says so,
// and imports what lies in the inbox until it is done or killed. One JSON line for each thing it did.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SidecarWriter } from '../../src/catalogue/sidecar-writer.ts';
import { importFile } from '../../src/ingest/import-file.ts';
import { recoverPlacing } from '../../src/ingest/recover-placing.ts';
import { openMedia } from '../../src/media/open-media.ts';
import { eachAtOnce } from '../../src/model/each-at-once.ts';
import type { ImportOutcome } from '../../src/model/import-outcome.ts';
import { sidecarKey, sidecarText } from '../../src/model/sidecar.ts';
import { openStoreIn, type ScratchStore } from '../scratch-store.ts';

export type ImportChildLine =
  | {
      readonly kind: 'checked';
      readonly broken: readonly string[];
      readonly settled: number;
      /** Checksums of everything that is catalogued and right. */
      readonly stored: readonly string[];
    }
  | { readonly kind: 'outcome'; readonly outcome: ImportOutcome }
  | { readonly kind: 'done' };

const IMPORTS_AT_ONCE = 2;

function say(line: ImportChildLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function check(store: ScratchStore): Promise<{ broken: string[]; stored: string[] }> {
  const broken: string[] = [];
  const stored: string[] = [];
  const names = new Set<string>();
  for (const placing of await store.catalogue.recordings.listPlacing())
    broken.push(`${placing.id} is still being placed`);
  for (const recording of await store.all()) {
    const { id, storedFilename, checksum } = recording;
    const sidecarPath = join(store.root, sidecarKey(storedFilename));
    names.add(storedFilename).add(sidecarKey(storedFilename));
    if (stored.includes(checksum)) broken.push(`${checksum} is catalogued twice`);
    stored.push(checksum);
    if (!existsSync(join(store.root, storedFilename))) broken.push(`${id} is catalogued without a file`);
    else if (sha256(join(store.root, storedFilename)) !== checksum) broken.push(`${id} is not whole`);
    if (!existsSync(sidecarPath)) broken.push(`${id} has no sidecar`);
    else if (readFileSync(sidecarPath, 'utf8') !== sidecarText(recording))
      broken.push(`${id} has another sidecar`);
  }
  for (const file of await store.files('raw')) if (!names.has(file)) broken.push(`${file} is an orphan`);
  for (const file of await store.files('quarantine')) broken.push(`${file} is in quarantine`);
  for (const file of await leftInSpool(store)) broken.push(`${file} is left in the spool`);
  return { broken, stored };
}

/** Folders of finished uploads are cleared in the background. */
async function leftInSpool(store: ScratchStore): Promise<string[]> {
  for (let patience = 100; ; patience--) {
    const left = await store.files('spool');
    if (left.length === 0 || patience === 0) return left;
    await sleep(100);
  }
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

const [home = '', isMove = ''] = process.argv.slice(2);
const media = openMedia();
const store = await openStoreIn(home, media);
const { activated, abandoned, failed } = await recoverPlacing(store.desk);
await (await store.uploads.recover()).done;
const sidecars = new SidecarWriter({
  outbox: store.catalogue.outbox,
  putDocument: (key, content) => store.blobs.putDocument(key, content),
});
await sidecars.drain();
const { broken, stored } = await check(store);
for (const { id, code } of failed) broken.push(`${id} could not be settled: ${code}`);
say({ kind: 'checked', broken, settled: activated.length + abandoned.length, stored });

await eachAtOnce(readdirSync(store.inbox).sort(), IMPORTS_AT_ONCE, async (name) => {
  const outcome = await importFile(store.desk, join(store.inbox, name), { isMove: isMove === 'move' });
  say({ kind: 'outcome', outcome });
  // Beside the next import, as the house does it.
  sidecars.wake();
});
say({ kind: 'done' });
process.exit(0);
