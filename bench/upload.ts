// One upload of a gigabyte through the whole server: in one PATCH beside a bare Node PUT with fsync, and in chunks of
// 8 MiB beside the tus server most people take (which neither syncs nor checks). In turns; prints MB/s and ratios.
// node bench/upload.ts [megabytes] [rounds]
import { createHash } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { seededBytes } from '../test/spool-desk.ts';
import { type BenchServer, type BenchServerKind, startBenchServer } from './bench-servers.ts';

const sizeBytes = Number(process.argv[2] ?? 1000) * 1_000_000;
const rounds = Number(process.argv[3] ?? 5);
const PIECE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 8 * PIECE_BYTES;

const source = seededBytes(CHUNK_BYTES, 3);
const chunkChecksum = createHash('sha256').update(source).digest('base64');

async function pour(request: ClientRequest, bytes: number): Promise<void> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const from = at % source.length;
    const piece = source.subarray(from, from + Math.min(PIECE_BYTES, bytes - at));
    if (!request.write(piece)) await new Promise((resolve) => request.once('drain', resolve));
  }
  request.end();
}

/** Sends `bytes` and resolves to the status of the answer. */
async function send(
  server: BenchServer,
  method: string,
  path: string,
  bytes: number,
  headers: Record<string, string>,
): Promise<number> {
  const sent = request(`${server.baseUrl}${path}`, {
    method,
    agent: server.agent,
    headers: { authorization: `Bearer ${server.token}`, 'content-length': String(bytes), ...headers },
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
  });
  await pour(sent, bytes);
  return status;
}

function patchHeaders(offsetBytes: number, checksum?: string): Record<string, string> {
  return {
    'tus-resumable': '1.0.0',
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offsetBytes),
    ...(checksum === undefined ? {} : { 'upload-checksum': `sha256 ${checksum}` }),
  };
}

async function measure(kind: BenchServerKind, work: (server: BenchServer, path: string) => Promise<void>) {
  const server = await startBenchServer(kind);
  const [path = ''] = await server.makeUploads(1);
  const before = await server.usage();
  const startMs = performance.now();
  await work(server, path);
  const mbPerSecond = sizeBytes / 1e6 / ((performance.now() - startMs) / 1000);
  const after = await server.usage();
  const short = await server.countShort([path], sizeBytes);
  await server.close();
  if (short > 0) throw new Error(`The ${kind} server lost bytes.`);
  return {
    mbPerSecond,
    cpuMsPerGb: ((after.cpuMs - before.cpuMs) * 1e9) / sizeBytes,
    rssMb: after.rssBytes / 1e6,
  };
}

function requireDone(status: number): void {
  if (status !== 204) throw new Error(`A server answered ${status}.`);
}

async function inChunks(server: BenchServer, path: string, isChecked: boolean): Promise<void> {
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
    const bytes = Math.min(CHUNK_BYTES, sizeBytes - at);
    const checksum = isChecked && bytes === CHUNK_BYTES ? chunkChecksum : undefined;
    requireDone(await send(server, 'PATCH', path, bytes, patchHeaders(at, checksum)));
  }
}

type Figures = Awaited<ReturnType<typeof measure>>;
const rows: [string, () => Promise<Figures>][] = [
  [
    'bare PUT with fsync',
    () =>
      measure('bare', async (server, path) => requireDone(await send(server, 'PUT', path, sizeBytes, {}))),
  ],
  [
    'whole server, one PATCH',
    () =>
      measure('whole', async (server, path) =>
        requireDone(await send(server, 'PATCH', path, sizeBytes, patchHeaders(0))),
      ),
  ],
  ['@tus/server, chunks', () => measure('tus', (server, path) => inChunks(server, path, false))],
  ['whole server, chunks', () => measure('whole', (server, path) => inChunks(server, path, false))],
  ['the same with checksum', () => measure('whole', (server, path) => inChunks(server, path, true))],
];
const figures = new Map<string, Figures[]>(rows.map(([name]) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of rows) figures.get(name)?.push(await run());
}

function median(name: string, field: keyof Figures): number {
  const values = (figures.get(name) ?? []).map((one) => one[field]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}

for (const [name] of rows) {
  const peer =
    name.includes('chunks') || name.includes('checksum') ? '@tus/server, chunks' : 'bare PUT with fsync';
  const ratio = median(name, 'mbPerSecond') / median(peer, 'mbPerSecond');
  const cpuRatio = median(name, 'cpuMsPerGb') / median(peer, 'cpuMsPerGb');
  console.log(
    `${name.padEnd(24)} ${median(name, 'mbPerSecond').toFixed(0).padStart(5)} MB/s, ratio ${ratio.toFixed(2)}; ` +
      `${median(name, 'cpuMsPerGb').toFixed(0)} ms of CPU a GB, ratio ${cpuRatio.toFixed(2)}; ${median(name, 'rssMb').toFixed(0)} MB of memory`,
  );
}
console.log('to reach: one PATCH 0.9 of the bare PUT, chunks 1.5 of @tus/server');
