// From Stop to Saved: takes of four hours are sent as a page sends them, then the last answer is waited for. Beside it
// the same for takes of ten seconds, and what hashing the whole file at the end would cost. Prints percentiles.
// node bench/stop.ts [hours] [Opus takes] [FLAC takes]
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { LiveEncoder } from '../src/media/live-encode.ts';
import type { LivePlan } from '../src/media/live-plan.ts';
import { voiceSamples } from '../test/voice-wav.ts';
import { type BenchServer, startBenchServer } from './bench-servers.ts';

const hours = Number(process.argv[2] ?? 4);
const counts = { opus: Number(process.argv[3] ?? 20), flac: Number(process.argv[4] ?? 8) };
const RATE_HZ = 48_000;
const PIECE_BYTES = 4 * 1024 * 1024;
const SHORT_SECONDS = 10;
const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-stop-'));

/** A file as a live take leaves it, of so many seconds. */
function makeTake(codec: LivePlan['codec'], seconds: number): string {
  const path = join(folder, `${codec}-${seconds}`);
  const plan = {
    codec,
    sampleFormat: codec === 'opus' ? 's16' : 's32',
    sampleRateHz: RATE_HZ,
    channels: 1,
    bitRateBps: 64_000,
  } as LivePlan;
  const encoder = new LiveEncoder(plan, path, () => undefined);
  const voice = samplesOf(codec);
  const frameBytes = codec === 'opus' ? 2 : 4;
  let at = 0;
  for (let left = seconds * RATE_HZ * frameBytes; left > 0; left -= encoder.blockBytes) {
    if (at + encoder.blockBytes > voice.length) at = 0;
    encoder.add(voice.subarray(at, at + encoder.blockBytes));
    at += encoder.blockBytes;
  }
  encoder.finish();
  return path;
}

function samplesOf(codec: LivePlan['codec']): Buffer {
  const voice = voiceSamples(60, RATE_HZ, 1);
  const bytes = Buffer.alloc(voice.length * (codec === 'opus' ? 2 : 4));
  voice.forEach((sample, index) => {
    const coarse = Math.round(sample * 32_000);
    if (codec === 'opus') bytes.writeInt16LE(coarse, index * 2);
    // The low bits of a 24-bit converter are noise.
    else
      bytes.writeInt32LE(
        coarse * 65_536 + ((Math.imul(index, 2_654_435_761) >>> 16) & 0xff) * 256,
        index * 4,
      );
  });
  return bytes;
}

async function sendTake(server: BenchServer, path: string): Promise<number> {
  const [upload = ''] = await server.makeUploads(1);
  const sizeBytes = statSync(path).size;
  const file = openSync(path, 'r');
  const patch = async (offset: number, bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
    const answer = await fetch(`${server.baseUrl}${upload}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${server.token}`,
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
        ...headers,
      },
      body: bytes,
    });
    await answer.arrayBuffer();
    if (answer.status !== 204) throw new Error(`The server answered ${answer.status}.`);
    return answer;
  };
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, sizeBytes - at));
    readSync(file, piece, 0, piece.length, at);
    const checksum = createHash('sha256').update(piece).digest('base64');
    await patch(at, piece, { 'upload-checksum': `sha256 ${checksum}` });
  }
  closeSync(file);
  // A recorder pauses between its pieces; here the thread that keeps up the checksum gets as long as for two of them.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const startMs = performance.now();
  const saved = await patch(sizeBytes, new Uint8Array(0), { 'upload-length': String(sizeBytes) });
  const tookMs = performance.now() - startMs;
  if (saved.headers.get('recording-id') === null) throw new Error('The take was not saved.');
  return tookMs;
}

function say(name: string, tookMs: number[]): void {
  tookMs.sort((a, b) => a - b);
  const share = (part: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * part))] ?? 0;
  console.log(
    `${name}: p50 ${share(0.5).toFixed(0)} ms, p99 ${share(0.99).toFixed(0)} ms over ${tookMs.length} takes (to reach 100)`,
  );
}

try {
  for (const codec of ['opus', 'flac'] as const) {
    for (const seconds of [SHORT_SECONDS, hours * 3600]) {
      const path = makeTake(codec, seconds);
      const server = await startBenchServer('whole');
      const tookMs: number[] = [];
      for (let take = 0; take < counts[codec]; take++) tookMs.push(await sendTake(server, path));
      await server.close();
      const megabytes = (statSync(path).size / 1e6).toFixed(0);
      say(`${codec}, ${seconds >= 3600 ? `${seconds / 3600} h` : `${seconds} s`}, ${megabytes} MB`, tookMs);
      rmSync(path);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
