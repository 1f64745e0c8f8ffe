import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
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

/** A thousand takes of which each sends 16 KB a second, spread evenly over the second. */
async function live(): Promise<void> {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const ids = await Promise.all(
    Array.from({ length: LIVE_UPLOADS }, async () => (await uploads.create(wishFor(), null)).id),
  );
  const bytes = seededBytes(LIVE_BYTES, 2);
  const checksum = createHash('sha256').update(bytes).digest('hex');
  const latenciesMs: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    ids.map(async (id, index) => {
      for (let second = 0; second < liveSeconds; second++) {
        const dueMs = start + second * 1000 + index;
        await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
        // From when it was due, not from when this process found the time.
        await uploads.append(id, chunkOf(second * LIVE_BYTES, bytes, { checksum }));
        latenciesMs.push(performance.now() - dueMs);
      }
    }),
  );
  const used = process.cpuUsage(cpu);
  const cores = (used.user + used.system) / 1000 / (performance.now() - start);
  latenciesMs.sort((a, b) => a - b);
  const share = (part: number) => (latenciesMs[Math.floor(latenciesMs.length * part)] ?? 0).toFixed(2);
  console.log(
    `live: ${LIVE_UPLOADS} uploads x 16 KB/s for ${liveSeconds} s: p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, ` +
      `max ${share(0.9999)} ms, ${cores.toFixed(2)} cores, event loop held up at most ${(loop.max / 1e6).toFixed(0)} ms`,
  );
  await uploads.close();
  await desk.remove();
}

const figures = { bare: [] as number[], one: [] as number[], chunks: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  const desk = await makeSpoolDesk();
  figures.bare.push(bareLoop(desk.root));
  await rm(desk.root, { recursive: true });
  figures.one.push(await oneAppend());
  figures.chunks.push(await checkedChunks());
}
const bare = median(figures.bare);
const show = (name: string, value: number) =>
  console.log(`${name}: ${value.toFixed(0)} MB/s, ratio ${(value / bare).toFixed(2)}`);
show('bare write + sha256 + fsync', bare);
show('one append', median(figures.one));
show('8 MiB appends with checksum', median(figures.chunks));
console.log(`highest memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
await live();
