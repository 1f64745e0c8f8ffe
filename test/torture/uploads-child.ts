import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openUploads } from '../../src/record/open-uploads.ts';
import type { UploadSpool } from '../../src/record/uploads-desk.ts';
import { PowerCutDisk } from '../power-cut-disk.ts';
import { chunkOf, makeSpoolDesk, seededBytes, wishFor } from '../spool-desk.ts';
import { seededRandom } from '../voice-wav.ts';

/*
 * The process that `uploads-kill.ts` kills: it appends to several uploads for as long as it lives, and says on stdout
 * what was acknowledged. Each line is written before anything else happens.
 */

export interface ChildOrder {
  readonly root: string;
  readonly seed: number;
  readonly uploads: readonly { readonly id: string; readonly seed: number; readonly sizeBytes: number }[];
  /** The process loses power after so many acknowledgements instead of waiting for its killer. */
  readonly powerCutAfter: number | null;
  /** Takes everything up, tells what there is and ends. */
  readonly isLast: boolean;
}

export type ChildLine =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'found';
      readonly id: string;
      readonly offsetBytes: number;
      readonly isFinished: boolean;
    }
  | { readonly kind: 'made'; readonly id: string; readonly seed: number; readonly sizeBytes: number }
  | { readonly kind: 'safe'; readonly id: string; readonly offsetBytes: number; readonly isFinished: boolean }
  | { readonly kind: 'imported'; readonly id: string; readonly checksum: string }
  | { readonly kind: 'lost-blocks'; readonly count: number }
  | { readonly kind: 'settled'; readonly troubled: number; readonly folders: readonly string[] };

const LIVE_UPLOADS = 5;
const order = JSON.parse(process.argv[2] ?? '') as ChildOrder;
const random = seededRandom(order.seed);
const cutDisk = order.powerCutAfter === null ? null : new PowerCutDisk();
let acknowledged = 0;

function tell(line: ChildLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function acknowledge(line: ChildLine): void {
  tell(line);
  acknowledged++;
  if (cutDisk === null || order.powerCutAfter === null || acknowledged < order.powerCutAfter) return;
  // Later than the acknowledgement by a random moment, in which other writes are under way.
  setTimeout(() => {
    tell({ kind: 'lost-blocks', count: cutDisk.cutPower(random) });
    process.kill(process.pid, 'SIGKILL');
  }, random() * 5);
}

async function send(
  uploads: UploadSpool,
  upload: { id: string; seed: number; sizeBytes: number },
  from: number,
) {
  const bytes = seededBytes(upload.sizeBytes, upload.seed);
  let at = from;
  while (at < bytes.length) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 200_000));
    const part = bytes.subarray(at, end);
    const isWhole = random() < 0.5;
    const checksum = isWhole ? createHash('sha256').update(part).digest('hex') : null;
    const lengthBytes = end === bytes.length ? bytes.length : null;
    const state = await uploads.append(
      upload.id,
      chunkOf(at, part, { checksum, lengthBytes, body: Readable.from(slices(part)) }),
    );
    at = state.offsetBytes;
    acknowledge({ kind: 'safe', id: upload.id, offsetBytes: at, isFinished: state.receipt !== null });
  }
}

async function* slices(part: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < part.length; at += 30_000) {
    if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 4));
    yield part.subarray(at, at + 30_000);
  }
}

async function keepSending(
  uploads: UploadSpool,
  waiting: { id: string; seed: number; sizeBytes: number; from: number }[],
) {
  for (;;) {
    const known = waiting.pop();
    if (known !== undefined) {
      await send(uploads, known, known.from);
      continue;
    }
    const seed = Math.floor(random() * 2 ** 31);
    const sizeBytes = 1 + Math.floor(random() * 1_500_000);
    const { id } = await uploads.create(wishFor(), null);
    acknowledge({ kind: 'made', id, seed, sizeBytes });
    await send(uploads, { id, seed, sizeBytes }, 0);
  }
}

async function keepImporting(
  uploads: UploadSpool,
  complete: (file: never) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    const source = join(order.root, `source-${Math.floor(random() * 3)}`);
    writeFileSync(source, seededBytes(1 + Math.floor(random() * 3_000_000), Math.floor(random() * 2 ** 31)));
    const spooled = await uploads.copyIn(source, wishFor({ kind: 'file' }));
    await complete(spooled as never);
    await uploads.discardSpooled(spooled.id);
    acknowledge({ kind: 'imported', id: spooled.id, checksum: spooled.checksum });
  }
}

const tuning = {
  journalBytes: 50_000,
  journalAfterMs: 5,
  writeBytes: 40_000,
  openUploads: 3,
  patienceMs: 60_000,
};
const desk = await makeSpoolDesk({ tuning, ...(cutDisk === null ? {} : { disk: cutDisk }) }, order.root);
const uploads = await openUploads(desk);
const recovery = await uploads.recover();
const waiting: { id: string; seed: number; sizeBytes: number; from: number }[] = [];
for (const upload of order.uploads) {
  const state = await uploads.head(upload.id);
  const isFinished = state.receipt !== null;
  tell({ kind: 'found', id: upload.id, offsetBytes: state.offsetBytes, isFinished });
  if (!isFinished) waiting.push({ ...upload, from: state.offsetBytes });
}
if (order.isLast) {
  const report = await recovery.done;
  await uploads.close();
  tell({ kind: 'settled', troubled: report.troubled.length, folders: readdirSync(desk.spoolPath) });
} else {
  tell({ kind: 'ready' });
  const writers = Array.from({ length: LIVE_UPLOADS }, () => keepSending(uploads, waiting));
  await Promise.all([...writers, keepImporting(uploads, desk.complete as (file: never) => Promise<unknown>)]);
}
