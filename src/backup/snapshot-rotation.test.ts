import { describe, expect, it } from 'vitest';
import { snapshotName, snapshotTimeMs, surplusSnapshots } from './snapshot-rotation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const monday = Date.parse('2026-11-23T03:00:00.000Z');

/** One snapshot a day, as the rotation leaves them when it runs after each. */
function afterDays(days: number, rule: { days: number; weeks: number }): string[] {
  let names: string[] = [];
  for (let day = 0; day < days; day++) {
    names.push(snapshotName(monday + day * DAY_MS));
    const surplus = surplusSnapshots(names, rule);
    names = names.filter((name) => !surplus.includes(name));
  }
  return names;
}

describe('the rotation of snapshots', () => {
  it('has names that tell the time, and leaves others alone', () => {
    expect(snapshotName(monday)).toBe('catalogue-20261123T030000.000Z.sqlite');
    expect(snapshotTimeMs(snapshotName(monday + 7))).toBe(monday + 7);
    const others = [
      'before-3-20261123T030000Z.sqlite',
      'catalogue.sqlite',
      'notes.txt',
      `${snapshotName(1)}.unfinished`,
    ];
    expect(surplusSnapshots(others, { days: 1, weeks: 0 })).toEqual([]);
  });

  it('keeps the last of seven days and of four weeks, however long it runs', () => {
    const kept = afterDays(100, { days: 7, weeks: 4 }).map((name) => snapshotTimeMs(name) ?? 0);
    const last = monday + 99 * DAY_MS;
    const days = Array.from({ length: 7 }, (_, day) => last - day * DAY_MS);
    expect(kept).toEqual(expect.arrayContaining(days));
    // The last days of the three weeks before: Sundays.
    const sundays = kept.filter((timeMs) => !days.includes(timeMs));
    expect(sundays.length).toBeGreaterThanOrEqual(2);
    expect(sundays.every((timeMs) => new Date(timeMs).getUTCDay() === 0)).toBe(true);
    expect(kept.length).toBeLessThanOrEqual(10);
  });

  it('keeps the last three of a day on which many were made', () => {
    const names = Array.from({ length: 12 }, (_, hour) => snapshotName(monday + hour * HOUR_MS));
    const surplus = surplusSnapshots(names, { days: 7, weeks: 4 });
    expect(names.filter((name) => !surplus.includes(name))).toEqual(names.slice(-3));
  });
});
