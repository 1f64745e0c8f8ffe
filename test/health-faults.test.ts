import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../src/model/alert.ts';
import type { CheckStatus, HealthReport } from '../src/model/health.ts';
import type { RecordingPage } from '../src/model/recording.ts';
import { canMakeSmallDisk, makeSmallDisk, type SmallDisk } from './small-disk.ts';
import { type StoreServer, startStoreServer } from './store-server.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';
import { runHere } from './vrp-in-process.ts';
import type { VrpFolders } from './vrp-process.ts';

/* Real faults under a real server that looks at itself every second: each is seen, named, and gone when it is mended. */

const ENV = { VRP_HEALTH_SECONDS: '1', VRP_DISK_SPACE_CHECK: 'on', VRP_MIN_DISK_SPACE_MB: '10' };
const PATIENCE_SECONDS = 60;
const canTrace = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;
const rows: string[][] = [];
/** What the webhook was told: `disk-space firing`. */
const words: string[] = [];
const hook = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    const { data } = JSON.parse(body) as { data: Alert };
    words.push(`${data.check} ${data.state}`);
    response.writeHead(204).end();
  });
});

let home = '';
let disk: SmallDisk | undefined;
let server: StoreServer | undefined;

afterEach(async () => {
  await server?.kill();
  await disk?.dispose();
  server = undefined;
  disk = undefined;
  await rm(home, { recursive: true, force: true });
});
beforeAll(async () => {
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterAll(() => {
  hook.close();
  console.log(['fault', 'check', 'seen after s', 'alert told', 'cleared after s'].join(' | '));
  for (const row of rows) console.log(row.join(' | '));
});

async function begin(kind?: SmallDisk['kind'], sizeMb = 64): Promise<VrpFolders> {
  home = await mkdtemp(join(tmpdir(), 'vrp-health-'));
  const folders = { dataDir: join(home, 'disk', 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  words.length = 0;
  const settings = {
    alertWebhooks: [`http://127.0.0.1:${(hook.address() as AddressInfo).port}/`],
    alertRules: [{ check: '*', afterSeconds: 0, clearAfterSeconds: 0 }],
  };
  await writeFile(join(home, 'config.json'), JSON.stringify(settings));
  if (kind === undefined) await mkdir(join(home, 'disk'));
  else disk = await makeSmallDisk(kind, join(home, 'disk'), sizeMb);
  return folders;
}

function start(folders: VrpFolders, more: NodeJS.ProcessEnv = {}, runner: readonly string[] = []) {
  return startStoreServer(folders, { ...ENV, VRP_CONFIG_FILE: join(home, 'config.json'), ...more }, runner);
}

function ask(path: string, method = 'GET'): Promise<Response> {
  if (server === undefined) throw new Error('No server runs.');
  return fetch(server.baseUrl + path, { method, headers: { authorization: `Bearer ${server.token}` } });
}

async function statusOf(name: string): Promise<CheckStatus | undefined> {
  const report = (await (await ask('/api/health')).json()) as HealthReport;
  return report.checks.find((check) => check.name === name)?.status;
}

/** Seconds until the check has one of these statuses. */
async function secondsUntil(name: string, wanted: readonly CheckStatus[]): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const found = await statusOf(name);
    const seconds = (performance.now() - startedAt) / 1000;
    if (found !== undefined && wanted.includes(found)) return seconds;
    if (seconds > PATIENCE_SECONDS) throw new Error(`${name} stayed ${found} for ${seconds.toFixed(0)} s.`);
    await sleep(100);
  }
}

async function sees(
  fault: string,
  name: string,
  { cause, mend, calm = ['pass'] }: { cause(): unknown; mend(): unknown; calm?: readonly CheckStatus[] },
): Promise<void> {
  await secondsUntil(name, calm);
  await cause();
  const seen = await secondsUntil(name, ['fail']);
  await mend();
  const cleared = await secondsUntil(name, calm);
  rows.push([fault, name, seen.toFixed(1), await told(name, 'firing'), cleared.toFixed(1)]);
  if (!calm.includes('warn')) await told(name, 'resolved');
}

/** Waits until the webhook has heard of it. */
async function told(name: string, state: Alert['state']): Promise<string> {
  await expect.poll(() => words, { timeout: 30_000 }).toContain(`${name} ${state}`);
  return 'yes';
}

async function ready(): Promise<number> {
  return (await fetch(`${server?.baseUrl}/api/health/ready`)).status;
}

describe('health under real faults', () => {
  it('sees a catalogue that is gone and a store that is not mounted, and is not ready meanwhile', async () => {
    const folders = await begin();
    server = await start(folders);
    await expect.poll(ready).toBe(200);
    const catalogue = join(folders.dataDir, 'catalogue.sqlite');
    await stat(catalogue);
    await sees('catalogue renamed', 'database', {
      cause: () => rename(catalogue, `${catalogue}-away`),
      async mend() {
        await expect.poll(ready, { timeout: 10_000 }).toBe(503);
        await rename(`${catalogue}-away`, catalogue);
      },
    });
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    const marker = join(folders.dataDir, 'vrp-store.json');
    await sees('store marker gone', 'store-marker', {
      cause: () => rename(marker, `${marker}-away`),
      async mend() {
        await expect.poll(ready, { timeout: 10_000 }).toBe(503);
        await rename(`${marker}-away`, marker);
      },
    });
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
  });

  it('sees that the server stood still', async () => {
    server = await start(await begin());
    const { process: child } = server;
    await sees('process stopped for 3 s', 'event-loop', {
      async cause() {
        child.kill('SIGSTOP');
        await sleep(3_000);
        child.kill('SIGCONT');
      },
      mend: () => undefined,
      // A machine that has much else to do is late now and then.
      calm: ['pass', 'warn'],
    });
  });

  it.skipIf(!canTrace)('sees a disk that takes two seconds for a sync', async () => {
    server = await start(await begin());
    const options = ['-f', '-q', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
    const delay = ['-e', 'inject=fsync,fdatasync:delay_enter=2000000', '-p', String(server.process.pid)];
    let tracer: ChildProcess | undefined;
    await sees('each sync takes 2 s', 'sync-latency', {
      async cause() {
        tracer = spawn('strace', [...options, ...delay], { stdio: 'ignore' });
        await sleep(1_000);
        // By itself it is looked at once a minute.
        void ask('/api/health?fresh=true');
      },
      async mend() {
        tracer?.kill('SIGINT');
        if (tracer?.exitCode === null) await once(tracer, 'exit');
        await ask('/api/health?fresh=true');
      },
      calm: ['pass', 'warn'],
    });
  });

  it('sees few open files left', async () => {
    const folders = await begin();
    server = await start(folders, {}, ['prlimit', '--nofile=60:60']);
    const startedAt = performance.now();
    await expect.poll(() => statusOf('open-files'), { timeout: 20_000 }).toMatch(/warn|fail/);
    rows.push([
      '60 open files at most',
      'open-files',
      since(startedAt),
      await told('open-files', 'firing'),
      '-',
    ]);
  });

  it('sees an original whose bytes changed, and that it is whole again', async () => {
    const folders = await begin();
    const source = join(home, 'voice.wav');
    await writeFile(source, wavBytes(voiceSamples(2, 16_000, 1), 16_000));
    await runHere(folders, ['import', source]);
    const page = JSON.parse((await runHere(folders, ['list', '--json'])).stdout) as RecordingPage;
    const [{ id, storedFilename } = { id: '', storedFilename: '' }] = page.items;
    const path = join(folders.dataDir, storedFilename);
    const sound = await readFile(path);
    server = await start(folders);
    const write = async (bytes: Buffer) => {
      const file = await open(path, 'r+');
      await file.write(bytes, 0, 1, 5_000);
      await file.close();
      expect((await ask(`/api/recordings/${id}/verify`, 'POST')).status).toBe(200);
    };
    await sees('one byte of an original flipped', 'recordings', {
      cause: () => write(Buffer.from([(sound[5_000] ?? 0) ^ 1])),
      mend: () => write(sound.subarray(5_000, 5_001)),
    });
  });

  it.skipIf(!canMakeSmallDisk)('sees a full disk: not ready until there is room again', async () => {
    const folders = await begin('tmpfs', 400);
    server = await start(folders, { VRP_MIN_DISK_SPACE_MB: '150' });
    const filler = join(home, 'disk', 'filler');
    await expect.poll(ready).toBe(200);
    await secondsUntil('disk-space', ['pass', 'warn']);
    const startedAt = performance.now();
    await writeFile(filler, Buffer.alloc(400 * 1024 * 1024)).catch(() => undefined);
    await secondsUntil('disk-space', ['fail']);
    rows.push([
      'disk filled by another program',
      'disk-space',
      since(startedAt),
      await told('disk-space', 'firing'),
      '-',
    ]);
    await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    expect((await fetch(`${server.baseUrl}/api/health/live`)).status).toBe(200);
    expect((await ask('/api/recordings')).status).toBe(200);
    await unlink(filler);
    const freedAt = performance.now();
    await secondsUntil('disk-space', ['pass', 'warn']);
    rows.push(['room made', 'disk-space', '-', '-', since(freedAt)]);
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    expect(await statusOf('file-system')).toBe('warn');
  });

  it.skipIf(!canMakeSmallDisk)('sees a disk that turned read-only', async () => {
    const folders = await begin('ext4', 256);
    server = await start(folders);
    await secondsUntil('store-writable', ['pass']);
    const startedAt = performance.now();
    await disk?.turnReadOnly();
    await secondsUntil('store-writable', ['fail']);
    rows.push([
      'disk turned read-only',
      'store-writable',
      since(startedAt),
      await told('store-writable', 'firing'),
      'after a repair',
    ]);
    await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    await server.kill();
    await disk?.mend();
    server = await start(folders);
    await secondsUntil('store-writable', ['pass']);
    await expect.poll(ready).toBe(200);
  });

  it.skipIf(!canMakeSmallDisk)('sees a file system that has room, but none for names', async () => {
    const folders = await begin('ext4', 96);
    server = await start(folders);
    await secondsUntil('inodes', ['pass']);
    const many = join(home, 'disk', 'many');
    await mkdir(many);
    const startedAt = performance.now();
    for (let n = 0; ; n += 1) {
      const made = await writeFile(join(many, String(n)), '').then(
        () => true,
        () => false,
      );
      if (!made) break;
    }
    await secondsUntil('inodes', ['fail']);
    await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    const freedAt = performance.now();
    await rm(many, { recursive: true });
    await secondsUntil('inodes', ['pass']);
    rows.push(['no inode left', 'inodes', since(startedAt), await told('inodes', 'firing'), since(freedAt)]);
  });
});

function since(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
