import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openVoiceRecorder } from '../src/index.ts';
import { systemClock } from '../src/model/clock.ts';
import { newId } from '../src/model/id.ts';
import type { RecorderEvent } from '../src/model/recorder-event.ts';
import { NOTHING_SAID } from '../src/model/upload.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const voice = (seed: number) => wavBytes(voiceSamples(0.5, 8000, seed), 8000);

let folder: string;
let recorder: VoiceRecorder;
let aheadMs = 0;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-cleanup-'));
  aheadMs = 0;
  recorder = await open();
});
afterEach(async () => {
  await recorder.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(runsJobs = false): Promise<VoiceRecorder> {
  return openVoiceRecorder({
    environment: 'testing',
    dataDir: join(folder, 'store'),
    overrides: { stateDir: join(folder, 'state') },
    runsJobs,
    clock: { nowMs: () => systemClock.nowMs() + aheadMs, monotonicMs: () => systemClock.monotonicMs() },
  });
}

const store = (...names: string[]) => join(folder, 'store', ...names);
const eventually = <T>(look: () => Promise<T>) => expect.poll(look);
const kinds = async () => (await recorder.cleanup.recommend()).map(({ kind }) => kind);

async function keep(seed: number): Promise<string> {
  const receipt = await recorder.files.saveStream(Readable.from([voice(seed)]), {
    filename: `voice ${seed}.wav`,
  });
  return receipt.recordingId;
}

describe('cleaning up', () => {
  it('has nothing to recommend in a store that is in order, and removes nothing by being asked', async () => {
    const id = await keep(1);
    expect(await recorder.cleanup.recommend()).toEqual([]);
    await recorder.library.trash(id);
    expect(await recorder.cleanup.recommend()).toEqual([]);
    expect(await recorder.library.find(id)).toMatchObject({ status: 'trashed' });
  });

  it('lets waveforms go and makes them again when they are wanted', async () => {
    const id = await keep(1);
    const before = await recorder.library.peaks(id, { width: 10 });
    const [found] = await recorder.cleanup.recommend();
    expect(found).toMatchObject({ kind: 'derived', count: 1, risk: 'none' });
    expect(found?.freesBytes).toBeGreaterThan(0);
    const heard: RecorderEvent[] = [];
    recorder.subscribe((event) => heard.push(event));
    const report = await recorder.cleanup.apply(['derived']);
    expect(report).toEqual({
      done: [{ kind: 'derived', count: 1, freedBytes: found?.freesBytes }],
      freedBytes: found?.freesBytes,
      failed: [],
    });
    expect(heard).toContainEqual({
      type: 'cleanup-progress',
      kind: 'derived',
      doneCount: 1,
      totalCount: 1,
      freedBytes: report.freedBytes,
    });
    expect(readdirSync(store('derived'))).toEqual([]);
    expect(await recorder.library.peaks(id, { width: 10 })).toEqual(before);
  });

  it('leaves alone what it does not know', async () => {
    for (const name of ['derived/my notes', 'derived/take-../../raw'])
      mkdirSync(store(name), { recursive: true });
    writeFileSync(store('derived/my notes/a.txt'), 'mine');
    writeFileSync(store('backup/mine.sqlite'), 'mine');
    await recorder.cleanup.apply(['derived', 'snapshots', 'uploads', 'trash', 'refused', 'duplicates']);
    expect(existsSync(store('derived/my notes/a.txt'))).toBe(true);
    expect(existsSync(store('backup/mine.sqlite'))).toBe(true);
  });

  it('purges only the trash that is older than the retention, and goes on behind one that fails', async () => {
    const [old, stuck, young] = [await keep(1), await keep(2), await keep(3)];
    await recorder.library.trash(old);
    await recorder.library.trash(stuck);
    aheadMs = 8 * DAY_MS;
    await recorder.library.trash(young);
    const [found] = await recorder.cleanup.recommend();
    expect(found).toMatchObject({ kind: 'trash', count: 2, risk: 'final' });
    expect(found?.examples.map(({ id }) => id)).toEqual([old, stuck]);
    // A folder took the place of this one's audio: it is never removed.
    const path = await recorder.files.pathOf(stuck);
    rmSync(path);
    mkdirSync(path);
    const report = await recorder.cleanup.apply(['trash']);
    expect(report.done).toMatchObject([{ kind: 'trash', count: 1 }]);
    expect(report.failed).toMatchObject([{ name: 'voice 2', code: 'storage-failed' }]);
    expect(await recorder.library.find(old)).toBeUndefined();
    expect(existsSync(path)).toBe(true);
    expect(await recorder.library.find(young)).toMatchObject({ status: 'trashed' });
  });

  it('lets an abandoned upload go once it is in the library besides', async () => {
    const wish = {
      ...NOTHING_SAID,
      kind: 'take',
      filename: 'take.wav',
      title: 'Left alone',
      takeId: newId(Date.now()),
      segment: 0,
    } as const;
    const { id } = await recorder.uploads.create(wish, null);
    const chunk = { offsetBytes: 0, checksum: null, contentLengthBytes: null, lengthBytes: null };
    await recorder.uploads.append(id, { ...chunk, body: Readable.from([voice(4)]) });
    aheadMs = 30 * DAY_MS;
    expect(await kinds()).not.toContain('uploads');
    // A round of the server adopts it; only then is the spooled copy one too many.
    await recorder.close();
    const timers = vi.spyOn(globalThis, 'setInterval');
    recorder = await open(true);
    const rounds = timers.mock.calls.filter(([, delayMs]) => delayMs === 60 * 60 * 1000);
    timers.mockRestore();
    for (const [round] of rounds) round();
    await eventually(async () => (await recorder.library.list({})).items.map(({ title }) => title)).toEqual([
      'Recovered: Left alone',
    ]);
    await eventually(kinds).toContain('uploads');
    await recorder.cleanup.apply(['uploads']);
    expect(readdirSync(store('spool')).filter((name) => name === id)).toEqual([]);
    expect((await recorder.library.list({})).items).toHaveLength(1);
    expect(await kinds()).not.toContain('uploads');
  });

  it('keeps the newest snapshot from before an upgrade', async () => {
    for (const stamp of ['20260101T000000Z', '20260301T000000Z', '20260201T000000Z']) {
      writeFileSync(store(`backup/before-3-${stamp}.sqlite`), 'x'.repeat(100));
    }
    const [found] = await recorder.cleanup.recommend();
    expect(found).toMatchObject({ kind: 'snapshots', count: 2, freesBytes: 200, risk: 'low' });
    await recorder.cleanup.apply(['snapshots']);
    expect(readdirSync(store('backup'))).toContain('before-3-20260301T000000Z.sqlite');
    expect(readdirSync(store('backup')).filter((name) => name.startsWith('before-3'))).toHaveLength(1);
  });
});

describe('the door to stored files', () => {
  it('keeps a stream, reads it in parts, and counts what it did', async () => {
    const bytes = voice(5);
    const receipt = await recorder.files.saveStream(
      Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
      {
        filename: 'harbour.wav',
        title: 'Harbour',
        tags: ['sea'],
        sizeBytes: bytes.length,
      },
    );
    const { recordingId: id } = receipt;
    expect(await recorder.files.get(id)).toMatchObject({ title: 'Harbour', tags: ['sea'], kind: 'file' });
    expect(await buffer(await recorder.files.openRange(id))).toEqual(bytes);
    expect(await buffer(await recorder.files.openRange(id, { start: 10, end: 20 }))).toEqual(
      bytes.subarray(10, 20),
    );
    expect(await recorder.files.check(id)).toMatchObject({ isSound: true });
    writeFileSync(await recorder.files.pathOf(id), 'other bytes');
    expect(await recorder.files.check(id)).toMatchObject({ isSound: false, found: expect.any(String) });
    rmSync(await recorder.files.pathOf(id));
    expect(await recorder.files.check(id)).toMatchObject({ isSound: false, found: null });
    // A look is entered like any other check.
    expect(await recorder.files.get(id)).toMatchObject({ status: 'missing' });
    await expect(recorder.files.pathOf(newId(1))).rejects.toMatchObject({ code: 'recording-unknown' });
    const metrics = await recorder.files.metrics();
    expect(metrics.byKind.file).toEqual({ count: 1, bytes: bytes.length });
    expect(metrics.growth).toEqual([
      { month: receipt.completedAt.slice(0, 7), count: 1, bytes: bytes.length },
    ]);
    expect(metrics.operations['save-stream']).toMatchObject({ total: 1, failed: 0, active: 0 });
    expect(metrics.operations['path']).toMatchObject({ total: 3, failed: 1 });
  });

  it('keeps nothing of a stream that breaks off, is too short, or is no audio', async () => {
    const broken = new Readable({ read() {} });
    broken.push(voice(6).subarray(0, 500));
    setImmediate(() => broken.destroy(new Error('the line went dead')));
    const cases = [
      recorder.files.saveStream(broken, { filename: 'a.wav' }),
      recorder.files.saveStream(Readable.from([voice(6)]), { filename: 'b.wav', sizeBytes: 1e6 }),
      recorder.files.saveStream(Readable.from(['<html>']), { filename: 'c.wav' }),
      recorder.files.saveStream(Readable.from([]), { filename: 'd.wav' }),
    ];
    const codes = await Promise.all(cases.map((one) => one.then(String, (error) => error.code)));
    expect(codes).toEqual(['upload-cut', 'upload-cut', 'not-audio-content', 'audio-no-samples']);
    expect((await recorder.library.list({})).items).toEqual([]);
    expect(readdirSync(store('spool')).filter((name) => !name.startsWith('log-'))).toEqual([]);
  });

  it('says how much came twice and was kept once', async () => {
    await keep(7);
    const path = join(folder, 'again.wav');
    writeFileSync(path, voice(7));
    expect(await recorder.files.saveFile(path)).toMatchObject({ status: 'duplicate' });
    const { deduplicated, byKind } = await recorder.files.metrics();
    expect(deduplicated).toEqual({ count: 1, bytes: voice(7).length });
    expect(byKind.file.count).toBe(1);
  });
});
