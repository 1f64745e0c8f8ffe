import { describe, expect, it } from 'vitest';
import { DurationMeter } from './duration-counts.ts';

describe('durations', () => {
  it('are counted up to each bound, the bound included, and beyond all of them', () => {
    const meter = new DurationMeter([0.01, 0.1, 1]);
    for (const seconds of [0, 0.01, 0.011, 1, 1.5, 60]) meter.note(seconds);
    const { upToSeconds, counts, sumSeconds } = meter.read();
    expect(upToSeconds).toEqual([0.01, 0.1, 1]);
    expect(counts).toEqual([2, 1, 1, 2]);
    expect(sumSeconds).toBeCloseTo(62.521, 9);
  });
});
