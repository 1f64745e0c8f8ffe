import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING_SAID, type UploadWish } from '../src/model/upload.ts';
import { openVoiceRecorder } from '../src/open.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';
import { runHere } from './vrp-in-process.ts';

/* What a store says of its room, and what it does when there is little. */

let home = '';
let dataDir = '';
let recorder: VoiceRecorder | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-storage-'));
  dataDir = join(home, 'data');
});
afterEach(async () => {
  await recorder?.close();
  recorder = undefined;
  await rm(home, { recursive: true, force: true });
});

async function open(overrides: Record<string, unknown> = {}): Promise<VoiceRecorder> {
  recorder = await openVoiceRecorder({
    environment: 'testing',
    overrides: { dataDir, stateDir: join(home, 'state'), maxFileMb: 0, ...overrides },
    runsJobs: false,
  });
  return recorder;
}

const wish = (kind: UploadWish['kind'], segment: number | null = null): UploadWish => ({
  ...NOTHING_SAID,
  kind,
  filename: 'voice.wav',
  segment,
});

async function freeMb(): Promise<number> {
  const { bavail, bsize } = await statfs(home);
  return (bavail * bsize) / 1e6;
}

describe('the report on storage', () => {
  it('counts each kind where it lies', async () => {
    const { library, uploads, storageReport } = await open();
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) {
      const path = join(home, `${seed}.wav`);
      writeWav(path, voiceSamples(0.2, 8_000, seed), 8_000);
      ids.push((await library.importFile(path)).id ?? '');
    }
    await library.trash(ids[0] ?? '');
    await mkdir(join(dataDir, 'quarantine', 'raw'), { recursive: true });
    await writeFile(join(dataDir, 'quarantine', 'raw', 'old.wav'), Buffer.alloc(1234));
    const { id } = await uploads.create(wish('take'), null);
    await uploads.append(id, {
      offsetBytes: 0,
      body: Readable.from([Buffer.alloc(5000, 7)]),
      checksum: null,
      contentLengthBytes: 5000,
      lengthBytes: null,
    });
    const size = (await library.find(ids[1] ?? ''))?.filesizeBytes ?? 0;
    const report = await storageReport({ isThorough: true });
    expect(report.byKind).toMatchObject({
      originals: { count: 2, bytes: 2 * size },
      trash: { count: 1, bytes: size },
      edited: { count: 0, bytes: 0 },
      // The peaks of each, which came with it.
      derived: { count: 3 },
      quarantine: { count: 1, bytes: 1234 },
      reserve: { count: 0, bytes: 0 },
    });
    expect(report.byKind['spool']?.bytes).toBeGreaterThanOrEqual(5000);
    expect(report.byKind['database']?.bytes).toBeGreaterThan(100_000);
    expect(report.growth).toEqual([
      { month: new Date().toISOString().slice(0, 7), count: 3, bytes: 3 * size },
    ]);
    expect(report.forecast).toBeNull();
    expect(report.recommendations?.map(({ kind }) => kind)).toContain('derived');
    expect(report.minutesLeft['voice']).toBeGreaterThan(report.minutesLeft['archive'] ?? 0);
    expect(report.freeInodes === null || report.freeInodes > 0).toBe(true);
    const quick = await storageReport();
    expect(quick.measuredAt).toBe(report.measuredAt);
    expect(quick.recommendations).toBeUndefined();
  });

  it('keeps room for declared sizes, so that two uploads cannot count on the same', async () => {
    const { uploads, storageReport } = await open({ enableDiskSpaceCheck: true, minDiskSpaceMb: 1 });
    const { freeBytes } = await storageReport();
    const lengthBytes = Math.floor(freeBytes * 0.6);
    const first = await uploads.create(wish('file'), lengthBytes);
    expect((await storageReport()).reservedBytes).toBe(lengthBytes);
    await expect(uploads.create(wish('file'), lengthBytes)).rejects.toMatchObject({ code: 'disk-full' });
    const body = Readable.from([Buffer.alloc(100_000)]);
    const state = await uploads.append(first.id, {
      offsetBytes: 0,
      body,
      checksum: null,
      contentLengthBytes: 100_000,
      lengthBytes: null,
    });
    expect(state.offsetBytes).toBe(100_000);
    expect((await storageReport()).reservedBytes).toBe(lengthBytes - 100_000);
    await uploads.terminate(first.id);
    expect((await storageReport()).reservedBytes).toBe(0);
    const second = await uploads.create(wish('file'), lengthBytes);
    await uploads.terminate(second.id);
  });

  it('gives up derived files, then imports, then new takes, but never a take that is running', async () => {
    const path = join(home, 'voice.wav');
    writeWav(path, voiceSamples(0.2, 8_000, 1), 8_000);
    const { id = '' } = await (await open()).library.importFile(path);
    const another = join(home, 'another.wav');
    writeWav(another, voiceSamples(0.2, 8_000, 2), 8_000);
    const openWith = async (keepFreeMb: number) => {
      await recorder?.close();
      return await open({ enableDiskSpaceCheck: true, minDiskSpaceMb: Math.round(keepFreeMb) });
    };

    const scarce = await openWith((await freeMb()) * 0.8);
    expect((await scarce.storageReport()).acceptance).toEqual({ derived: false, imports: true, takes: true });
    await rm(join(dataDir, 'derived', id), { recursive: true });
    await expect(scarce.library.peaks(id, {})).rejects.toMatchObject({ code: 'disk-full' });
    const taken = await scarce.library.importFile(another);
    expect(taken.status).toBe('stored');
    expect(await readdir(join(dataDir, 'derived'))).not.toContain(taken.id);

    const scarcer = await openWith((await freeMb()) * 1.5);
    const third = join(home, 'third.wav');
    writeWav(third, voiceSamples(0.2, 8_000, 3), 8_000);
    expect((await scarcer.library.importFile(third)).error?.code).toBe('disk-full');
    await expect(scarcer.uploads.create(wish('file'), null)).rejects.toMatchObject({ code: 'disk-full' });
    const running = await scarcer.uploads.create(wish('take', 0), null);

    const scarcest = await openWith((await freeMb()) * 4);
    await expect(scarcest.uploads.create(wish('take', 0), null)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('What is being recorded goes on.'),
    });
    await scarcest.uploads.create(wish('take', 1), null);
    const state = await scarcest.uploads.append(running.id, {
      offsetBytes: 0,
      body: Readable.from([Buffer.alloc(1000)]),
      checksum: null,
      contentLengthBytes: 1000,
      lengthBytes: null,
    });
    expect(state.offsetBytes).toBe(1000);
  });

  it('is printed by vrp storage, in figures and for people', async () => {
    await (await open()).close();
    recorder = undefined;
    const folders = { dataDir, stateDir: join(home, 'state') };
    const json = await runHere(folders, ['storage', '--json']);
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      freeBytes: expect.any(Number),
      minutesLeft: { voice: expect.any(Number) },
      byKind: { originals: { count: 0, bytes: 0 }, database: { count: expect.any(Number) } },
      recommendations: [],
    });
    const text = await runHere(folders, ['storage']);
    expect(text.stdout).toMatch(/are free at/);
    expect(text.stdout).toMatch(/catalogue +\d/);
    expect(text.stdout).toMatch(/Archive +\d/);
  });
});
