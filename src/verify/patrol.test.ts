import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import { ReadingPace } from '../blobs/reading-pace.ts';
import { toIsoUtc } from '../model/clock.ts';
import type { Recording } from '../model/recording.ts';
import type { FixityCheck } from '../model/verification.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { type PatrolDesk, patrolHandler, startPatrol } from './patrol.ts';

let home: string;
let recorder: VoiceRecorder;
const pace = new ReadingPace();
let nowMs = Date.parse('2026-11-23T06:00:00Z');
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-patrol-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: join(home, 'store'),
    overrides: { stateDir: join(home, 'state') },
    runsJobs: false,
    clock,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

async function keep(count: number): Promise<Recording[]> {
  const kept: Recording[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(home, `${i}.wav`);
    const bytes = makeWav({ seconds: 0.2, channels: 1 });
    bytes.writeInt32LE(i, bytes.length - 4);
    await writeFile(path, bytes);
    const found = await recorder.library.find((await recorder.library.importFile(path)).id ?? '');
    if (found) kept.push(found);
  }
  return kept;
}

/** The patrol on the real verification of the store, in the order it asks for. */
function deskOf(faults: FixityCheck[], visited: string[], isBusy = () => false): PatrolDesk {
  const due = async (before: string) => {
    const { items } = await recorder.library.list({ limit: 500 });
    return items
      .filter(({ lastVerifiedAt }) => lastVerifiedAt === null || lastVerifiedAt < before)
      .sort((a, b) => (a.lastVerifiedAt ?? '').localeCompare(b.lastVerifiedAt ?? ''));
  };
  return {
    clock,
    queue: { enqueue: () => Promise.reject(new Error('not asked for here')) },
    listOldest: async (limit, before) => (await due(before)).slice(0, limit),
    countDue: async (before) => (await due(before)).length,
    verify: async (id, options) => {
      visited.push(id);
      return recorder.verification.verify(id, options?.signal ? { signal: options.signal } : {});
    },
    pace,
    bytesPerSecond: 10_000_000,
    days: 30,
    isBusy,
    onFault: (check) => faults.push(check),
    onFailure: (error) => {
      throw error;
    },
  };
}

const context = (signal = new AbortController().signal) => ({
  job: {} as never,
  fence: 1,
  underFence: <T>(work: () => Promise<T>) => work(),
  signal,
  reportProgress: () => undefined,
});

describe('the patrol', () => {
  it('reads everything once, then nothing until a check has grown old, and names what is damaged', async () => {
    const kept = await keep(25);
    const harmed = kept[7];
    if (!harmed) throw new Error('nothing was kept');
    await truncate(join(home, 'store', harmed.storedFilename), 100);
    const faults: FixityCheck[] = [];
    const visited: string[] = [];
    const handler = patrolHandler(deskOf(faults, visited));
    await handler.run({}, context());
    expect(visited.toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
    expect(faults).toMatchObject([{ id: harmed.id, result: 'damaged' }]);
    await handler.run({}, context());
    expect(visited).toHaveLength(25);
    nowMs += 31 * 24 * 3_600_000;
    await handler.run({}, context());
    expect(visited).toHaveLength(50);
  });

  it('goes on after a stop with those it had not come to', async () => {
    const kept = await keep(6);
    const stop = new AbortController();
    const visited: string[] = [];
    const desk = deskOf([], visited);
    const stopping: PatrolDesk = {
      ...desk,
      verify: async (id, options) => {
        if (visited.length === 3) stop.abort();
        return desk.verify(id, options);
      },
    };
    await expect(patrolHandler(stopping).run({}, context(stop.signal))).rejects.toMatchObject({
      code: 'interrupted',
    });
    const first = visited.splice(0);
    await patrolHandler(desk).run({}, context());
    expect(visited).toHaveLength(3);
    expect(new Set([...first, ...visited])).toEqual(new Set(kept.map(({ id }) => id)));
  });

  it('slows down while something comes in, and only then', async () => {
    await keep(1);
    const limits: (number | null)[] = [];
    let isBusy = true;
    const desk = deskOf([], [], () => isBusy);
    const watched: PatrolDesk = {
      ...desk,
      pace: Object.assign(new ReadingPace(), { limit: (rate: number | null) => limits.push(rate) }),
      verify: async (id, options) => {
        isBusy = false;
        await vi.waitFor(() => expect(limits.length).toBeGreaterThan(2), { timeout: 120_000 });
        return desk.verify(id, options);
      },
    };
    await patrolHandler(watched).run({}, context());
    expect(limits[0]).toBe(1_000_000);
    expect(limits.at(-1)).toBe(10_000_000);
  });

  it('is enqueued once something is due, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let dueCount = 0;
    const enqueued: unknown[] = [];
    const asked: string[] = [];
    const stop = startPatrol({
      ...deskOf([], []),
      countDue: async (before) => {
        asked.push(before);
        return dueCount;
      },
      queue: {
        enqueue: async (job) => {
          enqueued.push(job);
          return { job: {} as never, isNew: true };
        },
      },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([toIsoUtc(nowMs - 30 * 24 * 3_600_000)]);
    expect(enqueued).toEqual([]);
    dueCount = 1;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(enqueued).toContainEqual({ kind: 'patrol', payload: {}, dedupeKey: 'patrol', priority: 'low' });
    expect(enqueued).toContainEqual({
      kind: 'reconcile',
      payload: {},
      dedupeKey: 'reconcile',
      priority: 'low',
    });
    stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toHaveLength(2);
  });
});

describe('reading at a pace', () => {
  it('holds back the thread, counts what it read, and ends at once when it is stopped', async () => {
    const { openFileHasher } = await import('../blobs/file-checksum.ts');
    const hasher = openFileHasher({ workerCount: 1 });
    const path = join(home, 'long');
    await writeFile(path, Buffer.alloc(8 * 1024 * 1024));
    const slow = new ReadingPace();
    slow.limit(1024);
    const stop = new AbortController();
    const reading = hasher.hashFile(path, stop.signal, { pace: slow });
    await vi.waitFor(() => expect(slow.bytesRead).toBeGreaterThan(0), { timeout: 120_000 });
    await sleep(300);
    // 1 KiB a second: the second piece of 128 KiB is two minutes away.
    expect(slow.bytesRead).toBe(128 * 1024);
    slow.limit(null);
    expect((await reading).sizeBytes).toBe(8 * 1024 * 1024);
    expect(slow.bytesRead).toBe(8 * 1024 * 1024);
    slow.limit(64 * 1024);
    const second = hasher.hashFile(path, stop.signal, { pace: slow });
    await vi.waitFor(() => expect(slow.bytesRead).toBeGreaterThan(8 * 1024 * 1024), { timeout: 120_000 });
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'interrupted' });
    await hasher.close();
  });
});
