import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ImportOutcome } from '../src/model/import-outcome.ts';
import type { RecordingPage } from '../src/model/recording.ts';
import { canMakeSmallDisk, makeSmallDisk, type SmallDisk } from './small-disk.ts';
import { PlainUploader, type StoreServer, sha256Of, startStoreServer, uploadIdOf } from './store-server.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';
import { runHere } from './vrp-in-process.ts';

/* A disk that really is full, or really refuses to be written, under a server in mid-take. */

const MB = 1024 * 1024;
const whole = wavBytes(voiceSamples(110, 44_100, 5), 44_100);
const PIECE_BYTES = 256 * 1024;

let home = '';
let disk: SmallDisk | undefined;
let server: StoreServer | undefined;

afterEach(async () => {
  await server?.kill();
  await disk?.dispose();
  await rm(home, { recursive: true, force: true });
});

async function begin(kind: SmallDisk['kind'], sizeMb: number) {
  home = await mkdtemp(join(tmpdir(), 'vrp-full-disk-'));
  disk = await makeSmallDisk(kind, join(home, 'disk'), sizeMb);
  const folders = { dataDir: join(home, 'disk', 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  return { folders, filler: join(home, 'disk', 'filler') };
}

/** Sends pieces until one is refused or `untilBytes` are acknowledged. */
async function send(client: PlainUploader, id: string, fromBytes: number, untilBytes = whole.length) {
  let safeBytes = fromBytes;
  while (safeBytes < untilBytes) {
    const piece = whole.subarray(safeBytes, Math.min(untilBytes, safeBytes + PIECE_BYTES));
    const answer = await client.append(id, safeBytes, piece, { sum: true });
    if (answer.status !== 204) {
      return { safeBytes, status: answer.status, code: ((await answer.json()) as { code: string }).code };
    }
    safeBytes += piece.length;
  }
  return { safeBytes, status: 204, code: null };
}

async function complete(client: PlainUploader, id: string, safeBytes: number): Promise<Response> {
  return client.append(id, safeBytes, whole.subarray(safeBytes), { sum: true, lengthBytes: whole.length });
}

/** Asks again while the upload is still being checked after a start. */
async function offsetOf(client: PlainUploader, id: string): Promise<number> {
  for (let patience = 300; ; patience--) {
    const head = await client.head(id);
    if (head.status === 200) return Number(head.headers.get('Upload-Offset'));
    if (head.status !== 503 || patience === 0) throw new Error(`HEAD was answered with ${head.status}.`);
    await sleep(200);
  }
}

async function expectWhole(folders: { dataDir: string; stateDir: string }, id: string): Promise<void> {
  const page = JSON.parse((await runHere(folders, ['list', '--json'])).stdout) as RecordingPage;
  const found = page.items.filter((recording) => recording.id === id);
  expect(found).toHaveLength(1);
  const bytes = await readFile(join(folders.dataDir, found[0]?.storedFilename ?? ''));
  expect(sha256Of(bytes).toString('hex')).toBe(sha256Of(whole).toString('hex'));
}

/** Takes all room but `leftBytes`. */
async function fill(path: string, leftBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(join(path, '..'));
  await writeFile(path, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
}

describe.skipIf(!canMakeSmallDisk)('in mid-take (skipped where no disk can be mounted)', () => {
  it('a disk that fills up costs nothing acknowledged, stops nobody, and the take goes on', async () => {
    const { folders, filler } = await begin('tmpfs', 256);
    server = await startStoreServer(folders);
    const reserve = join(folders.dataDir, 'reserve.bin');
    await expect.poll(() => existsSync(reserve)).toBe(true);
    let client = new PlainUploader(server);
    const id = uploadIdOf(await client.create({ kind: 'take', filename: 'take.wav' }, null));
    expect(await send(client, id, 0, MB)).toMatchObject({ status: 204 });

    // The first shortage is what the reserve is for: it is given up, and the take goes on in its room.
    await fill(filler, MB);
    const short = await send(client, id, MB, 4 * MB);
    expect(short).toMatchObject({ status: 507, code: 'disk-full' });
    expect(existsSync(reserve)).toBe(false);
    expect(await offsetOf(client, id)).toBe(short.safeBytes);
    expect(await send(client, id, short.safeBytes, 4 * MB)).toMatchObject({ status: 204 });

    // Then there is nothing left at all, for SQLite neither.
    await fill(`${filler}-2`, 0);
    const full = await send(client, id, 4 * MB);
    expect(full).toMatchObject({ status: 507, code: 'disk-full' });
    const last = await client.append(id, full.safeBytes, Buffer.alloc(0), {
      lengthBytes: full.safeBytes + MB,
    });
    expect(last.status).toBe(507);
    expect((await client.create({ kind: 'take', filename: 'other.wav' }, null)).status).toBe(507);
    expect(await offsetOf(client, id)).toBe(full.safeBytes);
    expect(await server.stop()).toBe(0);

    const source = join(home, 'import.wav');
    await writeFile(source, wavBytes(voiceSamples(10, 44_100, 6), 44_100));
    const refused = await runHere(folders, ['import', source, '--json']);
    expect(refused.exitCode).toBe(1);
    expect((JSON.parse(refused.stdout) as ImportOutcome).error?.code).toBe('disk-full');

    server = await startStoreServer(folders);
    client = new PlainUploader(server);
    expect(await offsetOf(client, id)).toBe(full.safeBytes);
    expect((await send(client, id, full.safeBytes)).status).toBe(507);

    await unlink(filler);
    await unlink(`${filler}-2`);
    expect((await send(client, id, full.safeBytes, 8 * MB)).status).toBe(204);
    expect((await complete(client, id, 8 * MB)).headers.get('Recording-Id')).toBe(id);
    expect(await server.stop()).toBe(0);
    await expectWhole(folders, id);
    expect(JSON.parse((await runHere(folders, ['import', source, '--json'])).stdout)).toMatchObject({
      status: 'stored',
    });
    server = await startStoreServer(folders);
    await expect.poll(() => existsSync(reserve)).toBe(true);
    await expect.poll(() => readdir(join(folders.dataDir, 'spool'))).toEqual([]);
  });

  it('a disk that turns read-only costs nothing acknowledged, and the take goes on when it is mended', async () => {
    const { folders } = await begin('ext4', 64);
    server = await startStoreServer(folders);
    let client = new PlainUploader(server);
    const id = uploadIdOf(await client.create({ kind: 'take', filename: 'take.wav' }, null));
    expect(await send(client, id, 0, MB)).toMatchObject({ status: 204 });
    await disk?.turnReadOnly();
    const refused = await send(client, id, MB, 3 * MB);
    expect(refused).toMatchObject({ status: 503, code: 'storage-failed' });
    expect(await offsetOf(client, id)).toBe(refused.safeBytes);
    expect((await client.create({ kind: 'take', filename: 'other.wav' }, null)).status).toBe(503);
    expect((await complete(client, id, refused.safeBytes)).status).toBeGreaterThanOrEqual(500);
    expect(await server.stop()).toBe(0);
    await disk?.mend();
    server = await startStoreServer(folders);
    client = new PlainUploader(server);
    expect(await offsetOf(client, id)).toBeGreaterThanOrEqual(refused.safeBytes);
    expect((await complete(client, id, await offsetOf(client, id))).headers.get('Recording-Id')).toBe(id);
    expect(await server.stop()).toBe(0);
    await expectWhole(folders, id);
  });
});
