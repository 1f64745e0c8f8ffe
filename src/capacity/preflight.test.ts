import { describe, expect, it } from 'vitest';
import type { CheckStatus, HealthCheckResult } from '../model/health.ts';
import { bytesPerMinute, DEFAULT_PRESET } from '../model/preset.ts';
import { acceptanceAt } from './degradation.ts';
import { judgePreflight, type PreflightDesk } from './preflight.ts';

const KEEP_FREE = 1_000_000_000;
const MINUTE = bytesPerMinute(DEFAULT_PRESET);

function deskWith(
  freeBytes: number,
  statuses: Readonly<Record<string, CheckStatus>> = {},
  more: Partial<PreflightDesk> = {},
) {
  const desk: PreflightDesk = {
    ask: async (names) =>
      names.map(
        (name): HealthCheckResult => ({
          ...{ name, severity: 'critical', value: null, threshold: null, unit: null, durationMs: 1 },
          ...{ status: statuses[name] ?? 'pass', message: `${name} says so.`, remedy: 'Do that.' },
          ...{ checkedAt: '2026-01-01T00:00:00.000Z', since: '2026-01-01T00:00:00.000Z' },
        }),
      ),
    readSpace: async () => ({ freeBytes, freeInodes: null }),
    roomBytes: () => Math.max(0, freeBytes - KEEP_FREE),
    acceptanceAt: (space) => acceptanceAt(space, KEEP_FREE),
    maxFileBytes: 10_000_000,
    isOverloaded: () => false,
    recordingCount: async () => 3,
    ...more,
  };
  return desk;
}

describe('a pre-flight', () => {
  it('says yes, and how many minutes of a preset fit', async () => {
    const desk = deskWith(KEEP_FREE + 100 * MINUTE);
    expect(await judgePreflight(desk, {})).toEqual({
      ...{
        answer: 'yes',
        minutesFit: 100,
        freeBytes: KEEP_FREE + 100 * MINUTE,
        neededBytes: null,
        reasons: [],
      },
    });
    expect(await judgePreflight(desk, { preset: 'music', minutes: 10 })).toMatchObject({
      answer: 'yes',
      minutesFit: 25,
    });
  });

  it('warns of a take that would not end by itself, and refuses a file that does not fit', async () => {
    const desk = deskWith(KEEP_FREE + 100 * MINUTE, {}, { maxFileBytes: null });
    const take = await judgePreflight(desk, { minutes: 101 });
    expect(take).toMatchObject({
      answer: 'yes-with-warning',
      reasons: [{ code: 'room-short', severity: 'warn' }],
    });
    expect(take.neededBytes).toBe(101 * MINUTE);
    for (const purpose of ['upload', 'import', 'backup'] as const)
      expect(await judgePreflight(desk, { purpose, bytes: 101 * MINUTE })).toMatchObject({
        ...{ answer: 'no', reasons: [{ code: 'disk-full', severity: 'fail' }] },
      });
  });

  it('goes by the order in which things are given up: imports first, takes last', async () => {
    const short = deskWith(KEEP_FREE * 0.9);
    expect((await judgePreflight(short, { purpose: 'import' })).answer).toBe('no');
    expect((await judgePreflight(short, { purpose: 'backup' })).answer).toBe('yes');
    expect(await judgePreflight(short, {})).toMatchObject({ answer: 'yes', minutesFit: 0 });
    expect((await judgePreflight(deskWith(KEEP_FREE * 0.4), {})).answer).toBe('no');
  });

  it.each([
    ['database', 'catalogue-unavailable'],
    ['store-marker', 'store-marker-missing'],
    ['store-writable', 'store-not-writable'],
    ['inodes', 'disk-full'],
  ])('says no where %s fails or gives no answer', async (name, code) => {
    for (const status of ['fail', 'unknown'] as const) {
      const { answer, reasons } = await judgePreflight(deskWith(KEEP_FREE * 2, { [name]: status }), {});
      expect(answer).toBe('no');
      expect(reasons).toEqual([{ code, severity: 'fail', message: `${name} says so.`, remedy: 'Do that.' }]);
    }
  });

  it('says no under pressure and for files that are larger than one may be', async () => {
    const busy = deskWith(KEEP_FREE * 2, {}, { isOverloaded: () => true });
    expect(await judgePreflight(busy, {})).toMatchObject({
      answer: 'no',
      reasons: [{ code: 'server-busy' }],
    });
    const large = await judgePreflight(deskWith(KEEP_FREE * 2), { purpose: 'upload', bytes: 20_000_000 });
    expect(large).toMatchObject({ answer: 'no', reasons: [{ code: 'file-too-large' }] });
  });

  it('keeps reminding whoever records of a second copy, and still answers when nobody can be asked how many there are', async () => {
    const many = deskWith(KEEP_FREE * 2, {}, { recordingCount: async () => 11 });
    expect(await judgePreflight(many, {})).toMatchObject({
      answer: 'yes-with-warning',
      reasons: [{ code: 'no-second-copy' }],
    });
    expect((await judgePreflight(many, { purpose: 'import' })).answer).toBe('yes');
    const away = deskWith(
      KEEP_FREE * 2,
      { database: 'fail' },
      { recordingCount: () => Promise.reject(new Error('away')) },
    );
    expect((await judgePreflight(away, {})).reasons).toHaveLength(1);
  });

  it('refuses questions that are none', async () => {
    for (const wish of [{ preset: 'none' }, { minutes: 1, bytes: 1 }])
      await expect(judgePreflight(deskWith(0), wish)).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
