// Requests per second of small JSON routes beside a bare fastify in the same process; prints the ratio.
// node bench/http.ts [rounds]
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';
import { voiceSamples, wavBytes } from '../test/voice-wav.ts';

const CONNECTIONS = 32;
const ROUND_MS = 2000;
const RATIO_TO_REACH = 0.5;

interface Wish {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

interface Load {
  readonly count: number;
  /** Requests per second. */
  readonly rate: number;
}

if (process.send) process.once('message', (wish: Wish) => void answer(wish));
else await main(Number(process.argv[2] ?? 5));

async function main(rounds: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vrp-bench-http-'));
  process.env['VRP_STATE_DIR'] = join(dataDir, 'state');
  const recorder = await openVoiceRecorder({ environment: 'testing', dataDir: join(dataDir, 'store') });
  const server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0' });
  const token = await recorder.access.ownerToken();
  const id = await addRecording(server.baseUrl, token);

  const bare = Fastify();
  bare.get('/hello', async () => ({ name: 'owner', role: 'admin' }));
  await bare.listen({ host: '127.0.0.1', port: 0 });
  const barePort = Number(new URL(bare.listeningOrigin).port);

  const rows: [string, Wish][] = [
    ['bare fastify', { port: barePort, path: '/hello', token }],
    ['/api/session', { port: server.port, path: '/api/session', token }],
    ['/api/recordings/:id (from SQLite)', { port: server.port, path: `/api/recordings/${id}`, token }],
  ];
  const rates = new Map<string, number[]>(rows.map(([name]) => [name, []]));
  // On a shared machine the time a request costs here says more than how many were answered.
  const costs = new Map<string, number[]>(rows.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, wish] of rows) {
      const before = process.cpuUsage();
      const { rate, count } = await load(wish);
      const { user, system } = process.cpuUsage(before);
      rates.get(name)?.push(rate);
      costs.get(name)?.push((user + system) / count);
    }
  }
  const base = { rate: median(rates.get('bare fastify')), cost: median(costs.get('bare fastify')) };
  for (const [name] of rows) {
    const rate = median(rates.get(name));
    const cost = median(costs.get(name));
    console.log(
      `${name.padEnd(36)} ${rate.toFixed(0).padStart(6)} req/s (${(rate / base.rate).toFixed(2)} x bare), ` +
        `${cost.toFixed(0).padStart(4)} us of CPU each (${(base.cost / cost).toFixed(2)} x bare)`,
    );
  }
  console.log(`to reach: /api/session >= ${RATIO_TO_REACH} x bare fastify`);

  await bare.close();
  await server.close();
  await recorder.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function addRecording(baseUrl: string, token: string): Promise<string> {
  const bytes = wavBytes(voiceSamples(1, 16_000, 1), 16_000);
  const created = await fetch(`${baseUrl}/api/uploads`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(bytes),
  });
  return created.headers.get('recording-id') ?? '';
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What a process of its own gets answered. */
function load(wish: Wish): Promise<Load> {
  const child = fork(fileURLToPath(import.meta.url));
  child.send(wish);
  return new Promise((resolve, reject) => {
    child.once('message', (said) => resolve(said as Load));
    child.once('error', reject);
  });
}

/** The child: one request at a time on each connection, counted by the ends of the heads of the answers. */
async function answer({ port, path, token }: Wish): Promise<void> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  let count = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (data) => {
      if (!data.includes('HTTP/1.1 ')) return;
      if (!data.includes('HTTP/1.1 200')) throw new Error(data.toString('latin1', 0, 300));
      count += 1;
      socket.write(request);
    });
    return socket;
  });
  const startedAt = performance.now();
  setTimeout(() => {
    process.send?.({ count, rate: (count * 1000) / (performance.now() - startedAt) } satisfies Load);
    for (const socket of sockets) socket.destroy();
    process.disconnect();
  }, ROUND_MS);
}
