import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietPort } from '../../src/crashtest/quiet-port.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import type { OpenOptions } from '../../src/open-options.ts';
import { openPostgres, type ScratchSchema } from '../databases.ts';
import { startingVrp } from '../vrp-process.ts';

const postgres = await openPostgres();
let folder = '';
let schema: ScratchSchema;

beforeAll(async () => {
  if (postgres.skipReason !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'vrp-late-server-'));
  schema = await postgres.create({ isNew: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function urlOn(port: number): string {
  const { user = '', password = '', database } = schema.settings;
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

const openOn = (port: number, databaseStartMs: number, more: OpenOptions = {}) =>
  openVoiceRecorder({
    environment: 'testing',
    overrides: {
      dataDir: join(folder, 'store'),
      stateDir: join(folder, 'state'),
      databaseUrl: urlOn(port),
      databaseSchema: schema.settings.schema,
      databaseStartMs,
    },
    ...more,
  });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => failureCodeOf(error) ?? error,
  );

// What a server says to everybody while it still reads through its log.
const STARTING = errorResponse('57P03', 'the database system is starting up');

/** Stands where the server will be: says once that it is starting, and lets everybody through to it from then on. */
async function standIn(port: number): Promise<Server> {
  let isStarting = true;
  const server = createServer((client: Socket) => {
    client.on('error', () => undefined);
    if (isStarting) {
      isStarting = false;
      client.once('data', () => client.end(STARTING));
      return;
    }
    const upstream = connect(schema.settings.port, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.skipIf(postgres.skipReason)('a PostgreSQL server that is not there yet', () => {
  it('is waited for until it is, and what is waited for is said', async () => {
    const port = await quietPort();
    const heard: string[] = [];
    let server: Promise<Server> | undefined;
    const recorder = await openOn(port, 600_000, {
      log: (_, message) => {
        if (!message.startsWith('Waiting')) return;
        heard.push(message);
        server ??= standIn(port);
      },
    });
    expect((await recorder.library.list({})).items).toEqual([]);
    await recorder.close();
    (await server)?.close();
    expect(heard).toHaveLength(2);
    expect(heard[0]).toMatch(/up to 600 s .* The PostgreSQL server cannot be reached .* 127\.0\.0\.1:\d+/);
    expect(heard[1]).toMatch(/starting or stopping .*: "the database system is starting up"/);
  });

  it('is given up at the end of the time, and by a command or a refusal at once', async () => {
    const port = await quietPort();
    const failure: unknown = await openOn(port, 300).catch((error: unknown) => error);
    expect(failureCodeOf(failure)).toBe('catalogue-failed');
    expect(String(failure)).toMatch(/cannot be reached .* It was waited for 0\.3 s/);
    const waited: string[] = [];
    const log = (_: string, message: string) => waited.push(message);
    expect(await codeOf(openOn(port, 600_000, { runsJobs: false, log }))).toBe('catalogue-failed');
    const wrong = { ...schema.settings, password: 'wrong' };
    const databaseUrl = `postgres://${wrong.user}:wrong@127.0.0.1:${wrong.port}/${wrong.database}`;
    const refused = openVoiceRecorder({
      environment: 'testing',
      overrides: {
        dataDir: join(folder, 'store'),
        stateDir: join(folder, 'state'),
        databaseUrl,
        databaseStartMs: 600_000,
      },
      log,
    });
    expect(await codeOf(refused)).toBe('database-refused');
    expect(waited.filter((message) => message.startsWith('Waiting'))).toEqual([]);
  });

  it('lets Ctrl-C end the start, and leaves the store free', async () => {
    const port = await quietPort();
    const folders = { dataDir: join(folder, 'store'), stateDir: join(folder, 'state') };
    const more = { DATABASE_URL: urlOn(port), VRP_DATABASE_START_MS: '600000' };
    const vrp = startingVrp(folders, ['start', '--json', '--port', '0'], more);
    await expect.poll(() => vrp.stderr()).toContain('Waiting up to 600 s');
    vrp.process.kill('SIGINT');
    expect(await vrp.ended).toMatchObject({ exitCode: 0, stdout: '' });
    expect(vrp.stderr()).toContain('Stopped before it had begun.');
    await (await openOn(schema.settings.port, 0)).close();
  });
});

/** Length and fields as in "Message Formats" of PostgreSQL's manual. */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
