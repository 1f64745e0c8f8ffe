// The servers that benchmarks speak to, each in a process of its own: ours, whole, and a bare one.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Usage {
  readonly cpuMs: number;
  readonly atMs: number;
  readonly rssBytes: number;
}

export interface BenchServer {
  readonly port: number;
  readonly token: string;
  readonly baseUrl: string;
  /** Keeps its one connection between requests. */
  readonly agent: Agent;
  /** Paths of new uploads whose length is not known yet. */
  makeUploads(count: number): Promise<string[]>;
  /** How many of these uploads the server knows to be shorter than `expectedBytes`. */
  countShort(paths: readonly string[], expectedBytes: number): Promise<number>;
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

export type BenchServerKind = 'whole' | 'bare' | 'tus';

const TUS = { 'tus-resumable': '1.0.0' };
const AT_ONCE = 50;

export async function startBenchServer(kind: BenchServerKind): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), `vrp-bench-${kind}-`));
  const script = fileURLToPath(new URL(`./server-${kind}.ts`, import.meta.url));
  const env = { ...process.env, UV_THREADPOOL_SIZE: '64', VRP_STATE_DIR: join(folder, 'state') };
  const child = fork(script, [folder], { env });
  const { port, token } = await heard<{ port: number; token: string }>(child);
  const baseUrl = `http://127.0.0.1:${port}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${token}`, ...TUS };

  async function makeOne(): Promise<string> {
    const created = await fetch(`${baseUrl}/api/uploads`, {
      method: 'POST',
      headers: { ...headers, 'upload-defer-length': '1', 'upload-metadata': `kind ${btoa('take')}` },
    });
    await created.arrayBuffer();
    return new URL(created.headers.get('location') ?? '', baseUrl).pathname;
  }

  async function offsetOf(path: string): Promise<number> {
    const answer = await fetch(`${baseUrl}${path}`, { method: 'HEAD', headers });
    return Number(answer.headers.get('upload-offset') ?? -1);
  }

  return {
    port,
    token,
    baseUrl,
    agent,
    async makeUploads(count) {
      const paths: string[] = [];
      while (paths.length < count) {
        const batch = Array.from({ length: Math.min(AT_ONCE, count - paths.length) }, makeOne);
        paths.push(...(await Promise.all(batch)));
      }
      return paths;
    },
    async countShort(paths, expectedBytes) {
      let short = 0;
      for (let at = 0; at < paths.length; at += AT_ONCE) {
        const offsets = await Promise.all(paths.slice(at, at + AT_ONCE).map(offsetOf));
        short += offsets.filter((offset) => offset < expectedBytes).length;
      }
      return short;
    },
    async usage() {
      child.send('usage');
      return heard<Usage>(child);
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      agent.destroy();
      child.send('end');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Answers the questions of {@link startBenchServer} in the server's own process. */
export function serveBench(port: number, token: string, end: () => Promise<void>): void {
  process.on('message', (question) => {
    if (question === 'end') {
      void end().then(() => process.disconnect());
      return;
    }
    const { user, system } = process.cpuUsage();
    const rssBytes = process.memoryUsage.rss();
    process.send?.({ cpuMs: (user + system) / 1000, atMs: performance.now(), rssBytes } satisfies Usage);
  });
  process.send?.({ port, token });
}

/** The same for a bare server of Node; `end` lets go of what it had open. */
export function listenForBench(server: Server, end: () => void = () => undefined): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    serveBench(port, 'none', async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      end();
    });
  });
}

function heard<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  });
}
