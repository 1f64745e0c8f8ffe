import { describe, expect, it } from 'vitest';
import { Collector } from './collector.ts';

function collectorOf(time: { ms: number }, read: () => Promise<number>) {
  return new Collector({ name: 'figures', nowMs: () => time.ms, read });
}

describe('a reading', () => {
  it('is taken once for all who ask within five seconds', async () => {
    const time = { ms: 0 };
    let count = 0;
    const collector = collectorOf(time, async () => ++count);
    expect(collector.value).toBeUndefined();
    await Promise.all([collector.refresh(), collector.refresh()]);
    time.ms = 4_999;
    await collector.refresh();
    expect(collector.value).toBe(1);
    time.ms = 5_000;
    await collector.refresh();
    expect(collector.value).toBe(2);
  });

  it('that takes long is taken more rarely, and told for longer', async () => {
    const time = { ms: 0 };
    let count = 0;
    const collector = collectorOf(time, async () => {
      time.ms += 400;
      return ++count;
    });
    await collector.refresh();
    time.ms = 160_000;
    await collector.refresh();
    expect(collector.value).toBe(1);
    time.ms = 160_400;
    await collector.refresh();
    expect(collector.value).toBe(2);
    time.ms += 319_000;
    expect(collector.value).toBe(2);
    time.ms += 1_000;
    expect(collector.value).toBeUndefined();
  });

  it('that fails takes the figures away, is counted, and is tried again at once', async () => {
    const time = { ms: 0 };
    let isBroken = false;
    const collector = collectorOf(time, async () => {
      if (isBroken) throw new Error('gone');
      return 7;
    });
    await collector.refresh();
    time.ms = 10_000;
    isBroken = true;
    await collector.refresh();
    expect([collector.value, collector.errorCount]).toEqual([undefined, 1]);
    isBroken = false;
    await collector.refresh();
    expect([collector.value, collector.errorCount]).toEqual([7, 1]);
  });

  it('that takes long is told when it is there, and the one before until it is a minute old', async () => {
    const time = { ms: 0 };
    let answer = Promise.withResolvers<number>();
    const collector = collectorOf(time, () => answer.promise);
    answer.resolve(1);
    await collector.refresh();
    answer = Promise.withResolvers<number>();
    time.ms = 20_000;
    const slow = collector.refresh();
    collector.noteLate();
    expect([collector.value, collector.errorCount]).toEqual([1, 1]);
    time.ms = 60_000;
    expect(collector.value).toBeUndefined();
    answer.resolve(2);
    await slow;
    expect([collector.value, collector.lastSeconds]).toEqual([2, 40]);
  });
});
