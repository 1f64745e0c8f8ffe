import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { ImportOutcome } from '../src/model/import-outcome.ts';
import type { Recording } from '../src/model/recording.ts';
import type { StorageReport } from '../src/voice-recorder.ts';
import { captureOnly, writeCaptureProgram } from './capture-fixture.ts';
import { decodePcm } from './decode-pcm.ts';
import { canMakeSmallDisk, makeSmallDisk, type SmallDisk } from './small-disk.ts';
import { PlainUploader, sha256Of, uploadIdOf } from './store-server.ts';
import { seededRandom, voiceSamples, wavBytes } from './voice-wav.ts';
import { runVrp, type StartedServer, startVrp, type VrpFolders, vrpEnvironment } from './vrp-process.ts';

/* A file system of 256 MB that another process fills while a server, an import or a take is at work on it. */

const MB = 1024 * 1024;
const SIZE_MB = 256;
const PIECE_BYTES = 256 * 1024;
const launcher = fileURLToPath(new URL('../bin/vrp.js', import.meta.url));

let home = '';
let disk: SmallDisk | undefined;
let server: (StartedServer & { readonly token: string }) | undefined;
const kills: (() => void)[] = [];

afterEach(async () => {
  for (const kill of kills.splice(0)) kill();
  await server?.kill();
  server = undefined;
  await disk?.dispose();
  await rm(home, { recursive: true, force: true });
});

/** A server on its small disk, with its reserve made. */
async function begin(): Promise<VrpFolders> {
  home = await mkdtemp(join(tmpdir(), 'vrp-small-disk-'));
  disk = await makeSmallDisk('ext4', join(home, 'disk'), SIZE_MB);
  const folders = { dataDir: join(home, 'disk', 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  await start(folders);
  await expect.poll(() => existsSync(join(folders.dataDir, 'reserve.bin')), { timeout: 60_000 }).toBe(true);
  return folders;
}

/** Bytes of a sound file that no other one has. */
function noise(seconds: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const samples = new Float32Array(seconds * 44_100).map(() => random() - 0.5);
  return wavBytes(samples, 44_100);
}

async function start(folders: VrpFolders): Promise<void> {
  const started = await startVrp(folders);
  server = { ...started, token: (await runVrp(folders, ['token'])).stdout.trim() };
}

const filler = (name = 'filler') => join(home, 'disk', name);

/** Another process takes all there is. */
function fillDisk(name?: string): void {
  const { stderr } = spawnSync('sh', ['-c', `cat /dev/zero > '${filler(name)}'`], { encoding: 'utf8' });
  expect(stderr).toMatch(/no space/i);
}

async function ask<T>(path: string, method = 'GET'): Promise<{ status: number; json: T }> {
  const answer = await fetch(`${server?.baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${server?.token}` },
  });
  return { status: answer.status, json: (await answer.json()) as T };
}

const list = async () => (await ask<{ items: Recording[] }>('/api/recordings?limit=500')).json.items;

/** Pieces until one is refused or all are acknowledged. */
async function send(id: string, bytes: Buffer, fromBytes: number) {
  if (!server) throw new Error('There is no server.');
  const client = new PlainUploader(server as never);
  for (let safeBytes = fromBytes; safeBytes < bytes.length; safeBytes += PIECE_BYTES) {
    const piece = bytes.subarray(safeBytes, safeBytes + PIECE_BYTES);
    const answer = await client.append(id, safeBytes, piece, { sum: true });
    if (answer.status !== 204) return { safeBytes, status: answer.status };
  }
  return { safeBytes: bytes.length, status: 204 };
}

async function offsetOf(id: string): Promise<number> {
  if (!server) throw new Error('There is no server.');
  return Number((await new PlainUploader(server as never).head(id)).headers.get('Upload-Offset'));
}

describe.skipIf(!canMakeSmallDisk)('on a disk of 256 MB (skipped where none can be mounted)', () => {
  it('filled in mid-take: nothing acknowledged is lost, the server answers, a purge makes room to go on', {
    timeout: 240_000,
  }, async () => {
    const folders = await begin();
    if (!server) return;
    const old = join(home, 'old.wav');
    await writeFile(old, noise(200, 3));
    const { stdout } = await runVrp(folders, ['import', old, '--json']);
    const oldId = (JSON.parse(stdout) as ImportOutcome).id ?? '';
    const whole = noise(150, 4);
    const client = new PlainUploader(server as never);
    const id = uploadIdOf(await client.create({ kind: 'take', filename: 'take.wav' }, null));
    expect(await send(id, whole.subarray(0, MB), 0)).toMatchObject({ status: 204 });

    fillDisk();
    // The first refusal gives up the reserve; the take goes on in it, but for the last room.
    let refused = await send(id, whole, MB);
    expect(refused.status).toBe(507);
    refused = await send(id, whole, refused.safeBytes);
    expect(refused).toMatchObject({ status: 507 });
    expect(await offsetOf(id)).toBe(refused.safeBytes);
    expect((await list()).map((recording) => recording.id)).toEqual([oldId]);
    const { json: report } = await ask<StorageReport>('/api/storage');
    expect(report.freeBytes).toBeLessThan(9 * MB);
    expect(report.byKind['originals']).toMatchObject({ count: 1 });
    const source = join(home, 'source.wav');
    await writeFile(source, noise(20, 6));
    const again = await runVrp(folders, ['import', source, '--json']);
    expect(again.exitCode).toBe(1);
    expect((JSON.parse(again.stdout) as ImportOutcome).error?.code).toBe('disk-full');

    const purged = await ask(`/api/recordings/${oldId}?purge=true`, 'DELETE');
    expect(purged, JSON.stringify(purged.json)).toMatchObject({ status: 200 });
    // What it freed is room for the take (once nobody reads it any more), as is what the other process gives back.
    const freeBytes = async () => (await ask<StorageReport>('/api/storage')).json.freeBytes;
    await expect.poll(freeBytes, { timeout: 60_000 }).toBeGreaterThan(9 * MB);
    const onward = await send(id, whole, refused.safeBytes);
    expect(onward.safeBytes).toBeGreaterThan(refused.safeBytes);
    await unlink(filler());
    expect(await send(id, whole, onward.safeBytes)).toMatchObject({ status: 204 });
    const end = await client.append(id, whole.length, Buffer.alloc(0), { lengthBytes: whole.length });
    expect(end.headers.get('Recording-Id')).toBe(id);
    const [recording] = await list();
    expect(recording).toMatchObject({ id, checksum: sha256Of(whole).toString('hex'), status: 'active' });
    expect(await readFile(join(folders.dataDir, recording?.storedFilename ?? ''))).toEqual(whole);
  });

  it('filled in mid-import: what was called stored is there, the rest comes with the next import', {
    timeout: 240_000,
  }, async () => {
    const folders = await begin();
    const inbox = join(home, 'inbox');
    await mkdir(inbox);
    const sums = new Map<string, string>();
    for (let i = 0; i < 12; i++) {
      const bytes = noise(15, 100 + i);
      await writeFile(join(inbox, `${i}.wav`), bytes);
      sums.set(`${i}.wav`, sha256Of(bytes).toString('hex'));
    }
    const importer = spawn(process.execPath, [launcher, 'import', inbox, '--recursive', '--json'], {
      env: vrpEnvironment(folders),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    kills.push(() => importer.kill('SIGKILL'));
    const outcomes: ImportOutcome[] = [];
    let isFilled = false;
    for await (const line of createInterface({ input: importer.stdout })) {
      outcomes.push(JSON.parse(line) as ImportOutcome);
      if (outcomes.length < 3 || isFilled) continue;
      isFilled = true;
      fillDisk();
      fillDisk('filler-2');
    }
    if (importer.exitCode === null) await once(importer, 'exit');
    expect(outcomes).toHaveLength(12);
    const stored = outcomes.filter(({ status }) => status === 'stored');
    const rejected = outcomes.filter(({ status }) => status === 'rejected');
    expect(stored.length).toBeGreaterThanOrEqual(3);
    expect(rejected.length, JSON.stringify(outcomes)).toBeGreaterThan(0);
    expect(new Set(rejected.map(({ error }) => error?.code))).toEqual(new Set(['disk-full']));
    expect(importer.exitCode).toBe(1);
    expect((await list()).map(({ id }) => id).sort()).toEqual(stored.map(({ id }) => id).sort());
    await unlink(filler());
    await unlink(filler('filler-2'));

    const again = await runVrp(folders, ['import', inbox, '--recursive', '--json']);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await server?.stop()).toBe(0);
    await start(folders);
    const all = await list();
    expect(all.map(({ checksum }) => checksum).sort()).toEqual([...sums.values()].sort());
    for (const { storedFilename, checksum } of all) {
      const bytes = await readFile(join(folders.dataDir, storedFilename));
      expect(sha256Of(bytes).toString('hex')).toBe(checksum);
    }
    await expect.poll(() => readdir(join(folders.dataDir, 'spool')), { timeout: 20_000 }).toEqual([]);
  });

  it('filled under vrp record: the take ends as a valid recording that says why, and another one can begin', {
    timeout: 240_000,
  }, async () => {
    const folders = await begin();
    const bin = join(home, 'bin');
    writeCaptureProgram(bin, 'arecord', { sound: voiceSamples(20, 48_000, 9) });
    const record = (...args: string[]) => {
      const child = spawn(process.execPath, [launcher, 'record', '--json', '--preset', 'archive', ...args], {
        env: { ...vrpEnvironment(folders), PATH: captureOnly(bin) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      kills.push(() => child.kill('SIGKILL'));
      return child;
    };
    const child = record();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    type Line = {
      event: string;
      code?: string;
      capturedSeconds?: number;
      safeSeconds?: number;
      recording?: Recording;
    };
    const lines: Line[] = [];
    let isFilled = false;
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (isFilled || (line.safeSeconds ?? 0) < 2) continue;
      isFilled = true;
      fillDisk();
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode, said).toBe(1);
    expect(lines.map(({ code }) => code)).toContain('disk-full');
    const stored = lines.find(({ event }) => event === 'stored')?.recording;
    expect(stored, said + JSON.stringify(lines.slice(-4))).toMatchObject({ status: 'active', codec: 'flac' });
    expect(stored?.timeline).toMatchObject([{ kind: 'storage-failed', note: 'The disk was full.' }]);
    const safeSeconds = Math.max(...lines.map((line) => line.safeSeconds ?? 0));
    const { planes, sampleRateHz } = await decodePcm(join(folders.dataDir, stored?.storedFilename ?? ''));
    expect((planes[0]?.length ?? 0) / sampleRateHz).toBeGreaterThanOrEqual(safeSeconds - 0.01);
    expect(await readdir(join(folders.dataDir, 'takes'))).toEqual([]);

    await unlink(filler());
    const next = record('--duration', '1');
    next.stdout.resume();
    next.stderr.resume();
    await once(next, 'exit');
    expect(next.exitCode).toBe(0);
    expect(await list()).toHaveLength(2);
  });
});
