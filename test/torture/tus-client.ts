import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Upload } from 'tus-js-client';
import { openFaultyProxy } from '../../src/crashtest/faulty-proxy.ts';
import { seededRandom, wavBytes } from '../voice-wav.ts';
import { runVrp, startVrp } from '../vrp-process.ts';

export interface TusClientResult {
  readonly sizeBytes: number;
  readonly cuts: number;
  readonly seconds: number;
  readonly sentChecksum: string;
  /** SHA-256 of what the server gives back. */
  readonly storedChecksum: string;
  readonly status: string;
}

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Uploads one big WAV with a foreign tus client in 8 MiB chunks through connections that are cut three times. */
export async function run(options: { seed?: number; sizeMb?: number }): Promise<TusClientResult> {
  const random = seededRandom(options.seed ?? 1);
  const sizeBytes = (options.sizeMb ?? 1000) * 1_000_000;
  const folder = await mkdtemp(join(tmpdir(), 'vrp-tus-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const server = await startVrp(folders);
  const proxy = await openFaultyProxy(server.port);
  try {
    const file = join(folder, 'big.wav');
    const sentChecksum = await writeBigWav(file, sizeBytes, random);
    const token = (await runVrp(folders, ['token'])).stdout.trim();
    const cuts = [0.1, 0.4, 0.7].map((share) => Math.floor((share + random() * 0.2) * sizeBytes));
    const startedMs = performance.now();
    await upload(file, sizeBytes, proxy, server.baseUrl, token, cuts);
    const seconds = (performance.now() - startedMs) / 1000;
    const headers = { authorization: `Bearer ${token}` };
    const list = (await (await fetch(`${server.baseUrl}/api/recordings`, { headers })).json()) as {
      items: { id: string; status: string }[];
    };
    const recording = list.items[0];
    const answer = await fetch(`${server.baseUrl}/api/recordings/${recording?.id}/audio`, { headers });
    const hash = createHash('sha256');
    for await (const piece of answer.body ?? []) hash.update(piece as Uint8Array);
    return {
      sizeBytes,
      cuts: proxy.cutCount,
      seconds,
      sentChecksum,
      storedChecksum: hash.digest('hex'),
      status: recording?.status ?? 'missing',
    };
  } finally {
    await proxy.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function upload(
  file: string,
  sizeBytes: number,
  proxy: { readonly port: number; readonly cutCount: number; cutAfter(bytes: number): void },
  baseUrl: string,
  token: string,
  cuts: number[],
): Promise<void> {
  let armedCount = 0;
  const next = () => {
    // One cut may fail several tries: only when it has come is it the turn of the next one.
    const at = proxy.cutCount < armedCount ? undefined : cuts.shift();
    if (at === undefined) return;
    armedCount++;
    proxy.cutAfter(at);
  };
  let sentBefore = 0;
  const relative = cuts.map((at) => {
    const distance = at - sentBefore;
    sentBefore = at;
    return distance;
  });
  cuts.splice(0, cuts.length, ...relative);
  next();
  return new Promise((resolve, reject) => {
    new Upload(createReadStream(file), {
      endpoint: `http://127.0.0.1:${proxy.port}/api/uploads`,
      chunkSize: CHUNK_BYTES,
      uploadSize: sizeBytes,
      retryDelays: [50, 100, 200, 400, 800, 1600],
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: 'big.wav', kind: 'file' },
      // Through the relay the server would see a foreign name.
      onBeforeRequest: (request) => request.setHeader('Host', new URL(baseUrl).host),
      onShouldRetry: () => {
        next();
        return true;
      },
      onSuccess: () => resolve(),
      onError: reject,
    }).start();
  });
}

async function writeBigWav(path: string, sizeBytes: number, random: () => number): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, 'w');
  try {
    const head = wavBytes(new Float32Array(0), 48_000);
    head.writeUInt32LE(sizeBytes - 8, 4);
    head.writeUInt32LE(sizeBytes - 44, 40);
    const noise = Buffer.from(Uint8Array.from({ length: 1 << 20 }, () => random() * 256));
    let left = sizeBytes - head.length;
    await handle.write(head);
    hash.update(head);
    for (let turn = 0; left > 0; turn++) {
      noise.writeUInt32LE(turn, 0);
      const piece = noise.subarray(0, Math.min(noise.length, left));
      await handle.write(piece);
      hash.update(piece);
      left -= piece.length;
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}
