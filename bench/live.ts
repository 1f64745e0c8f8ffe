// A thousand live recorders, each sending 16 KB a second, to the whole server and to a bare one that only appends and
// syncs; in turns, in processes of their own. Prints latencies, CPU and the ratios.
// node bench/live.ts [seconds] [rounds] [recorders]
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { seededBytes } from '../test/spool-desk.ts';
import { type BenchServer, startBenchServer } from './bench-servers.ts';

const seconds = Number(process.argv[2] ?? 30);
const rounds = Number(process.argv[3] ?? 1);
const recorderCount = Number(process.argv[4] ?? 1000);
const PIECE_BYTES = 16 * 1024;
const WARM_UP_SECONDS = 2;

interface Round {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cores: number;
  readonly failures: number;
  readonly rssMb: number;
}

const piece = seededBytes(PIECE_BYTES, 7);
const checksum = createHash('sha256').update(piece).digest('base64');

/** One recorder on one connection of its own, as a browser has it. */
class Recorder {
  readonly #socket: Socket;
  readonly #server: BenchServer;
  readonly #path: string;
  #answered: ((status: string) => void) | null = null;

  constructor(server: BenchServer, path: string) {
    this.#server = server;
    this.#path = path;
    this.#socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (data) => {
      const text = data.toString('latin1');
      if (text.startsWith('HTTP/1.1')) this.#settle(text.slice(9, 12));
    });
    this.#socket.on('error', () => this.#settle('cut'));
    this.#socket.on('close', () => this.#settle('cut'));
  }

  send(second: number): Promise<string> {
    const head =
      `PATCH ${this.#path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#server.port}\r\nAuthorization: Bearer ${this.#server.token}\r\n` +
      'Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n' +
      `Upload-Offset: ${second * PIECE_BYTES}\r\nUpload-Checksum: sha256 ${checksum}\r\nContent-Length: ${PIECE_BYTES}\r\n\r\n`;
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.cork();
      this.#socket.write(head);
      this.#socket.write(piece);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #settle(status: string): void {
    this.#answered?.(status);
    this.#answered = null;
  }
}

async function measure(kind: 'whole' | 'bare'): Promise<Round> {
  const server = await startBenchServer(kind);
  const paths = await server.makeUploads(recorderCount);
  const recorders = paths.map((path) => new Recorder(server, path));
  const latenciesMs: number[] = [];
  let failures = 0;
  const startMs = performance.now() + 200;
  const record = async (recorder: Recorder, index: number): Promise<void> => {
    for (let second = 0; second < seconds + WARM_UP_SECONDS; second++) {
      const dueMs = startMs + second * 1000 + (index * 1000) / recorderCount;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      const status = await recorder.send(second);
      if (status !== '204') failures += 1;
      // From when it was due, not from when this process found the time.
      if (second >= WARM_UP_SECONDS) latenciesMs.push(performance.now() - dueMs);
    }
  };
  const running = Promise.all(recorders.map(record));
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_SECONDS * 1000));
  const before = await server.usage();
  await running;
  const after = await server.usage();
  for (const recorder of recorders) recorder.close();
  failures += await server.countShort(paths, (seconds + WARM_UP_SECONDS) * PIECE_BYTES);
  await server.close();
  latenciesMs.sort((a, b) => a - b);
  const share = (part: number) =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * part))] ?? 0;
  return {
    p50Ms: share(0.5),
    p99Ms: share(0.99),
    maxMs: share(1),
    cores: (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs),
    failures,
    rssMb: after.rssBytes / 1e6,
  };
}

function say(name: string, round: Round): void {
  console.log(
    `${name.padEnd(13)} p50 ${round.p50Ms.toFixed(2)} ms, p99 ${round.p99Ms.toFixed(1)} ms, max ${round.maxMs.toFixed(0)} ms, ` +
      `${round.cores.toFixed(2)} cores, ${round.rssMb.toFixed(0)} MB, ${round.failures} failures`,
  );
}

console.log(`${recorderCount} recorders, 16 KB a second each with checksum, ${seconds} s`);
for (let round = 0; round < rounds; round++) {
  const bare = await measure('bare');
  say('bare append', bare);
  const whole = await measure('whole');
  say('whole server', whole);
  console.log(
    `ratio: p99 ${(whole.p99Ms / bare.p99Ms).toFixed(2)} (to reach 3, or 20 ms), CPU ${(whole.cores / bare.cores).toFixed(2)} (to reach 2)`,
  );
}
