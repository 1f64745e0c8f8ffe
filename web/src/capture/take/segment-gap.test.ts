import { describe, expect, it } from 'vitest';
import { gapSince, isSteady, type TwoClocks } from './segment-gap.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const start: TwoClocks = { wallMs: Date.parse('2026-11-23T10:00:00Z'), monotonicMs: 5_000 };

function later(ms: number, wallStepMs = 0): TwoClocks {
  return { wallMs: start.wallMs + ms + wallStepMs, monotonicMs: start.monotonicMs + ms };
}

describe('what is missing between two segments', () => {
  it('is told by the monotonic clock while the page goes on, whatever happens to the wall clock', () => {
    const end = { by: 'this-page', at: start } as const;
    for (const stepMs of [0, DAY_MS, -DAY_MS]) {
      const found = gapSince(end, later(1_234, stepMs), 'device-changed');
      expect(found).toEqual({ durationSeconds: 1.234, cause: 'device-changed' });
    }
  });

  it('is told by the wall clock up to a reload, and by the monotonic one from there', () => {
    const end = { by: 'earlier-page', endedMs: start.wallMs - 2_500, foundAt: start } as const;
    expect(gapSince(end, later(500), 'reload')).toEqual({ durationSeconds: 3, cause: 'reload' });
    expect(gapSince(end, later(500, DAY_MS), 'reload').durationSeconds).toBe(3);
  });

  it('is not known when the wall clock went back, or nobody saw the end', () => {
    const foundAt = start;
    const back = { by: 'earlier-page', endedMs: start.wallMs + DAY_MS, foundAt } as const;
    expect(gapSince(back, later(500), 'reload')).toEqual({ durationSeconds: null, cause: 'reload' });
    const unseen = { by: 'earlier-page', endedMs: null, foundAt } as const;
    expect(gapSince(unseen, later(500), 'reload').durationSeconds).toBeNull();
  });

  it('is never negative', () => {
    expect(gapSince({ by: 'this-page', at: later(10) }, start, 'split').durationSeconds).toBe(0);
  });
});

describe('the wall clock', () => {
  it('is steady while it drifts, and not when it was set', () => {
    expect(isSteady(start, later(3_600_000, 900))).toBe(true);
    expect(isSteady(start, later(30_000, DAY_MS))).toBe(false);
    expect(isSteady(start, later(30_000, -DAY_MS))).toBe(false);
  });
});
