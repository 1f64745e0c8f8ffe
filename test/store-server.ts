import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeUploadMetadata, type UploadMetadata } from '../src/model/upload-metadata.ts';
import type { ServerChildLine } from './store-server-child.ts';
import { type VrpFolders, vrpEnvironment } from './vrp-process.ts';

const childPath = fileURLToPath(new URL('./store-server-child.ts', import.meta.url));

/** A server process before a real store, without the page. */
export interface StoreServer extends ServerChildLine {
  readonly process: ChildProcess;
  /** Everything it said on stderr. */
  log(): string;
  /** Resolves once the log holds `text`. */
  waitFor(text: string): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<number | null>;
}

export async function startStoreServer(
  folders: VrpFolders,
  env: NodeJS.ProcessEnv = {},
  runner: readonly string[] = [],
): Promise<StoreServer> {
  const [program = '', ...args] = [...runner, process.execPath, childPath];
  const child = spawn(program, args, {
    env: { ...vrpEnvironment(folders), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${log}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  };
  return {
    ...(JSON.parse(line) as ServerChildLine),
    process: child,
    log: () => log,
    waitFor: async (text) => {
      for (let patience = 1200; !log.includes(text); patience--) {
        if (patience === 0 || child.exitCode !== null) throw new Error(`"${text}" was never said: ${log}`);
        await sleep(25);
      }
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}

/** A client of the upload protocol that does one request at a time and says what was answered. */
export class PlainUploader {
  readonly #server: ServerChildLine;

  constructor(server: ServerChildLine) {
    this.#server = server;
  }

  /** Length null: to be declared later. */
  create(metadata: UploadMetadata, lengthBytes: number | null): Promise<Response> {
    return this.#ask(`${this.#server.baseUrl}/api/uploads`, 'POST', {
      ...(lengthBytes === null ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(lengthBytes) }),
      'Upload-Metadata': encodeUploadMetadata(metadata),
    });
  }

  append(id: string, offsetBytes: number, bytes: Buffer, wish: { sum?: boolean; lengthBytes?: number } = {}) {
    return this.#ask(
      this.#addressOf(id),
      'PATCH',
      {
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': String(offsetBytes),
        ...(wish.sum === true ? { 'Upload-Checksum': `sha256 ${sha256Of(bytes).toString('base64')}` } : {}),
        ...(wish.lengthBytes === undefined ? {} : { 'Upload-Length': String(wish.lengthBytes) }),
      },
      bytes,
    );
  }

  head(id: string): Promise<Response> {
    return this.#ask(this.#addressOf(id), 'HEAD', {});
  }

  terminate(id: string): Promise<Response> {
    return this.#ask(this.#addressOf(id), 'DELETE', {});
  }

  #addressOf(id: string): string {
    return `${this.#server.baseUrl}/api/uploads/${id}`;
  }

  #ask(address: string, method: string, headers: Record<string, string>, body?: Buffer): Promise<Response> {
    return fetch(address, {
      method,
      headers: { ...headers, 'Tus-Resumable': '1.0.0', authorization: `Bearer ${this.#server.token}` },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  }
}

export function uploadIdOf(created: Response): string {
  return created.headers.get('Location')?.split('/').pop() ?? '';
}

export function sha256Of(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
