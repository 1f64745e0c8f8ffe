import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { type Clock, systemClock, toIsoUtc } from '../model/clock.ts';
import type { HealthCheckResult, HealthSample } from '../model/health.ts';
import { HealthPast } from './health-past.ts';
import { medianOf, slopePerDay, thinned } from './trend.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function result(
  status: HealthCheckResult['status'],
  value: number | null,
  checkedAt: string,
): HealthCheckResult {
  return {
    name: 'one',
    status,
    severity: 'minor',
    value,
    threshold: null,
    unit: null,
    message: 'So it is.',
    remedy: null,
    durationMs: 1,
    checkedAt,
    since: checkedAt,
  };
}

describe('the past of checks', () => {
  it('keeps each change of a status, and of what stays as it is one of many', async () => {
    await using catalogue = await scratchCatalogue();
    const past = new HealthPast({ clock: systemClock, ...doors(catalogue), onFault: rethrow });
    const at = (n: number) => toIsoUtc(Date.now() + n);
    for (let n = 0; n < 20; n += 1) past.note(result('pass', n, at(n)));
    past.note(result('fail', 20, at(20)));
    past.note(result('pass', 21, at(21)));
    await past.flush();
    const kept = await past.read('one', toIsoUtc(Date.now() - DAY_MS));
    expect(kept.map(({ status, value }) => [status, value])).toEqual([
      ['pass', 0],
      ['fail', 20],
      ['pass', 21],
    ]);
  });

  it('is written once the database takes it, and lost before only when it is too much', async () => {
    const written: string[] = [];
    let isAway = true;
    const past = new HealthPast({
      clock: systemClock,
      append: async (samples) => {
        if (isAway) throw new Error('away');
        written.push(...samples.map(({ at }) => at));
      },
      read: async () => [],
      prune: async () => false,
      onFault: () => undefined,
    });
    for (let n = 0; n < 2_100; n += 1) past.note(result(n % 2 ? 'fail' : 'pass', null, String(n)));
    await past.flush();
    isAway = false;
    await past.flush();
    expect(written).toHaveLength(2_000);
    expect(written.at(-1)).toBe('2099');
  });

  it('goes after ninety days, in bites', async () => {
    await using catalogue = await scratchCatalogue();
    const nowMs = Date.now();
    const old = Array.from({ length: 12_000 }, (_, n) => ({
      name: 'one',
      at: toIsoUtc(nowMs - 100 * DAY_MS + n),
      status: 'pass' as const,
      value: n,
    }));
    for (let n = 0; n < old.length; n += 1_000) await catalogue.health.append(old.slice(n, n + 1_000));
    const past = new HealthPast({ clock: systemClock, ...doors(catalogue), onFault: rethrow });
    past.note(result('pass', 1, toIsoUtc(nowMs)));
    const left = async () => (await catalogue.health.read('one', toIsoUtc(0), 20_000)).length;
    await past.flush();
    expect(await left()).toBe(7_001);
    await past.flush();
    await past.flush();
    expect(await left()).toBe(1);
  });

  it('is recalled for a week, without waiting for the database', async () => {
    await using catalogue = await scratchCatalogue();
    const nowMs = Date.now();
    const sample = (daysAgo: number) => ({
      name: 'one',
      at: toIsoUtc(nowMs - daysAgo * DAY_MS),
      status: 'pass' as const,
      value: daysAgo,
    });
    await catalogue.health.append([sample(8), sample(6), sample(1)]);
    const past = new HealthPast({ clock: systemClock, ...doors(catalogue), onFault: rethrow });
    expect(past.recall('one')).toEqual([]);
    await expect.poll(() => past.recall('one').map(({ value }) => value)).toEqual([6, 1]);
  });

  it('is as the clock said, which may have been set back', async () => {
    await using catalogue = await scratchCatalogue();
    let nowMs = Date.now();
    const clock: Clock = { ...systemClock, nowMs: () => nowMs, monotonicMs: () => performance.now() };
    const past = new HealthPast({ clock, ...doors(catalogue), onFault: rethrow });
    for (let n = 0; n < 10; n += 1) {
      nowMs += n % 2 ? DAY_MS : -DAY_MS;
      past.note(result(n % 2 ? 'pass' : 'fail', n, toIsoUtc(nowMs)));
      await past.flush();
    }
    const kept = await past.read('one', toIsoUtc(0));
    // Two moments only: a second sample of one replaces the first.
    expect(kept.map(({ value }) => value)).toEqual([8, 9]);
  });
});

describe('a trend', () => {
  const samples = (values: readonly (number | null)[], stepMs: number): HealthSample[] =>
    values.map((value, n) => ({ at: toIsoUtc(Date.UTC(2026, 0, 1) + n * stepMs), status: 'pass', value }));

  it('is the slope a day', () => {
    expect(slopePerDay(samples([1, 3, 5, 7], DAY_MS))).toBeCloseTo(2, 9);
    expect(slopePerDay(samples([5, null, 5, 5], DAY_MS))).toBeCloseTo(0, 9);
    expect(slopePerDay(samples([4, 2, 6, 0], DAY_MS / 24))).toBeCloseTo(-19.2, 6);
  });

  it('is none of too few values, or of too short a time', () => {
    expect(slopePerDay([])).toBeNull();
    expect(slopePerDay(samples([1, null, 3], DAY_MS))).toBeNull();
    expect(slopePerDay(samples([1, 2, 3], 1000))).toBeNull();
  });

  it('is thinned evenly, with both ends', () => {
    const many = Array.from({ length: 10_001 }, (_, n) => n);
    expect(thinned(many, 11)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000]);
    expect(thinned([1, 2], 11)).toEqual([1, 2]);
    expect(medianOf([3, 1, 2])).toBe(2);
  });
});

function rethrow(error: unknown): void {
  throw error;
}

function doors({ health }: Awaited<ReturnType<typeof scratchCatalogue>>) {
  return {
    append: health.append.bind(health),
    read: health.read.bind(health),
    prune: health.prune.bind(health),
  };
}
