import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { openUploads } from '../src/record/open-uploads.ts';
import { chunkOf, makeSpoolDesk, seededBytes, wishFor } from '../test/spool-desk.ts';

/*
 * The durable spool beside its physical limit.
 *   UV_THREADPOOL_SIZE=64 node bench/upload-spool.ts [megabytes] [seconds of live uploads]
 * Give an environment variable TMPDIR to choose the disk.
 */

const sizeBytes = Number(process.argv[2] ?? 1000) * 1_000_000;
const liveSeconds = Number(process.argv[3] ?? 10);
const LIVE_UPLOADS = 1000;
const LIVE_BYTES = 16 * 1024;
const PIECE_BYTES = 64 * 1024;
const CHUNK_BYTES = 8 * 1024 * 1024;
const ROUNDS = 3;

const source = seededBytes(PIECE_BYTES * 16, 1);

function* pieces(bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const from = at % source.length;
    yield source.subarray(from, from + Math.min(PIECE_BYTES, bytes - at));
  }
}

function rate(bytes: number, startMs: number): number {
  return bytes / 1e6 / ((performance.now() - startMs) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What the disk and one core give: write in 1 MiB, hash the same bytes, sync once at the end. */
function bareLoop(folder: string): number {
  const path = join(folder, 'bare');
  const start = performance.now();
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += source.length) {
    const piece = source.subarray(0, Math.min(source.length, sizeBytes - at));
    hash.update(piece);
    writeSync(file, piece);
  }
  fsyncSync(file);
  hash.digest('hex');
  const mbPerSecond = rate(sizeBytes, start);
  closeSync(file);
  return mbPerSecond;
}

async function oneAppend(): Promise<number> {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const { id } = await uploads.create(wishFor(), sizeBytes);
  const start = performance.now();
  await uploads.append(id, {
    ...chunkOf(0, Buffer.alloc(0)),
    contentLengthBytes: sizeBytes,
    body: Readable.from(pieces(sizeBytes)),
  });
  const mbPerSecond = rate(sizeBytes, start);
  await uploads.close();
  await desk.remove();
  return mbPerSecond;
}

async function checkedChunks(): Promise<number> {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const { id } = await uploads.create(wishFor(), sizeBytes);
  const hash = createHash('sha256');
  for (const piece of pieces(CHUNK_BYTES)) hash.update(piece);
  const checksum = hash.digest('hex');
  const start = performance.now();
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, sizeBytes - at);
    await uploads.append(id, {
      offsetBytes: at,
      body: Readable.from(pieces(length)),
      checksum: length === CHUNK_BYTES ? checksum : null,
      contentLengthBytes: length,
      lengthBytes: null,
    });
  }
  const mbPerSecond = rate(sizeBytes, start);
  await uploads.close();
  await desk.remove();
  return mbPerSecond;
}

/** Calls `send` for each of a thousand takes once a second, spread evenly over the second. */
async function live(name: string, send: (index: number, second: number) => Promise<void>): Promise<number> {
  const latenciesMs: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const take = async (_: unknown, index: number): Promise<void> => {
    for (let second = 0; second < liveSeconds; second++) {
      const dueMs = start + second * 1000 + index;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      await send(index, second);
      // From when it was due, not from when this process found the time.
      latenciesMs.push(performance.now() - dueMs);
    }
  };
  await Promise.all(Array.from({ length: LIVE_UPLOADS }, take));
  const used = process.cpuUsage(cpu);
  const cores = (used.user + used.system) / 1000 / (performance.now() - start);
  latenciesMs.sort((a, b) => a - b);
  const share = (part: number) => latenciesMs[Math.floor(latenciesMs.length * part)] ?? 0;
  console.log(
    `${name}: p50 ${share(0.5).toFixed(2)} ms, p99 ${share(0.99).toFixed(2)} ms, ${cores.toFixed(2)} cores, ` +
      `event loop held up at most ${(loop.max / 1e6).toFixed(0)} ms`,
  );
  return share(0.99);
}

const liveBytes = seededBytes(LIVE_BYTES, 2);

/** The limit: a file per take, kept open, one write and one sync each. */
async function liveBare(): Promise<number> {
  const desk = await makeSpoolDesk();
  const paths = Array.from({ length: LIVE_UPLOADS }, (_, index) => join(desk.root, String(index)));
  const files = await Promise.all(paths.map((path) => open(path, 'w')));
  const p99 = await live('live, bare write + fdatasync', async (index, second) => {
    await files[index]?.write(liveBytes, 0, LIVE_BYTES, second * LIVE_BYTES);
    await files[index]?.datasync();
  });
  await Promise.all(files.map((file) => file.close()));
  await desk.remove();
  return p99;
}

async function liveUploads(): Promise<number> {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const making = Array.from({ length: LIVE_UPLOADS }, () => uploads.create(wishFor(), null));
  const ids = (await Promise.all(making)).map(({ id }) => id);
  const checksum = createHash('sha256').update(liveBytes).digest('hex');
  const p99 = await live('live, uploads with checksum', async (index, second) => {
    await uploads.append(ids[index] ?? '', chunkOf(second * LIVE_BYTES, liveBytes, { checksum }));
  });
  await uploads.close();
  await desk.remove();
  return p99;
}

/** A start that finds ten thousand takes waiting. */
async function recovery(): Promise<void> {
  const desk = await makeSpoolDesk();
  const before = await openUploads(desk);
  let last = '';
  for (let batch = 0; batch < 100; batch++) {
    const making = Array.from({ length: 100 }, async () => {
      const { id } = await before.create(wishFor(), null);
      await before.append(id, chunkOf(0, liveBytes));
      last = id;
    });
    await Promise.all(making);
  }
  await before.close();
  const start = performance.now();
  const uploads = await openUploads(desk);
  const { foundCount, done } = await uploads.recover();
  const listedMs = performance.now() - start;
  await uploads.head(last);
  const askedMs = performance.now() - start;
  await done;
  console.log(
    `recovery of ${foundCount} uploads: listed after ${listedMs.toFixed(0)} ms, the last answers after ` +
      `${askedMs.toFixed(0)} ms, all checked after ${(performance.now() - start).toFixed(0)} ms`,
  );
  await uploads.close();
  await desk.remove();
}

/** A file of this machine into the spool, beside what a shell would do: copy, checksum, sync. */
async function copies(): Promise<{ shell: number; spool: number }> {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const path = join(desk.root, 'source');
  await writeFile(path, pieces(sizeBytes));
  const wish = wishFor({ kind: 'file' });
  const startShell = performance.now();
  const script = 'cp "$1" "$1.copy" && openssl dgst -sha256 "$1.copy" && sync "$1.copy"';
  spawnSync('sh', ['-c', script, 'sh', path], { stdio: 'ignore' });
  const shell = rate(sizeBytes, startShell);
  await rm(`${path}.copy`);
  const startSpool = performance.now();
  await uploads.copyIn(path, wish);
  const spool = rate(sizeBytes, startSpool);
  await uploads.close();
  await desk.remove();
  return { shell, spool };
}

const figures = { bare: [] as number[], one: [] as number[], chunks: [] as number[] };
const copied = { shell: [] as number[], spool: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  const desk = await makeSpoolDesk();
  figures.bare.push(bareLoop(desk.root));
  await desk.remove();
  figures.one.push(await oneAppend());
  figures.chunks.push(await checkedChunks());
  const { shell, spool } = await copies();
  copied.shell.push(shell);
  copied.spool.push(spool);
}
const show = (name: string, values: readonly number[], limit: readonly number[]) =>
  console.log(
    `${name}: ${median(values).toFixed(0)} MB/s, ratio ${(median(values) / median(limit)).toFixed(2)}`,
  );
show('bare write + sha256 + fsync', figures.bare, figures.bare);
show('one append', figures.one, figures.bare);
show('8 MiB appends with checksum', figures.chunks, figures.bare);
show('cp + openssl sha256 + sync', copied.shell, copied.shell);
show('copyIn', copied.spool, copied.shell);
console.log(`highest memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
const bareP99 = await liveBare();
console.log(`ratio of the p99: ${((await liveUploads()) / bareP99).toFixed(2)}`);
await recovery();
