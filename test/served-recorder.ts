import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openLog } from '../src/log/open-log.ts';
import { type RunningServer, type ServerOptions, startServer } from '../src/serve/start-server.ts';
import { type MemoryRecorder, openMemoryRecorder } from './memory-recorder.ts';

export interface ServedRecorder {
  readonly server: RunningServer;
  readonly recorder: MemoryRecorder;
  readonly folder: string;
  /** The owner's. */
  readonly token: string;
  /** Everything logged so far. */
  log(): string;
  /** Asks with the owner's token unless another is given (null: none). */
  ask(path: string, wish?: RequestInit & { token?: string | null }): Promise<Response>;
  close(): Promise<void>;
}

/** A server on a free port before a recorder in memory. */
export async function serveRecorder(options: Partial<ServerOptions> = {}): Promise<ServedRecorder> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-serve-'));
  const recorder = await openMemoryRecorder(folder);
  let logged = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const logger = openLog({ targets: [{ stream, level: 'debug' }] });
  const server = await startServer({
    recorder,
    host: '127.0.0.1',
    port: 0,
    webFolder: null,
    version: '0.0.0',
    logger,
    ...options,
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const owner = await recorder.access.ownerToken();
  return {
    server,
    recorder,
    folder,
    token: owner,
    log: () => logged,
    ask: (path, { token = owner, headers, ...wish } = {}) =>
      fetch(server.baseUrl + path, {
        ...wish,
        headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
      }),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
