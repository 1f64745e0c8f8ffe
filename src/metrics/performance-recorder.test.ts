import { afterEach, describe, expect, it, vi } from 'vitest';
import { DurationMeter } from '../model/duration-counts.ts';
import { HttpMeter } from './http-meter.ts';
import { PerformanceRecorder } from './performance-recorder.ts';
import { quantileSeconds } from './quantile.ts';

const BOUNDS = [0.01, 0.1, 1];

afterEach(() => {
  vi.useRealTimers();
});

function stage(stretchSeconds = 15) {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T10:00:00Z') });
  const http = new HttpMeter();
  const [reads, writes] = [new DurationMeter(BOUNDS), new DurationMeter(BOUNDS)];
  const added = { take: 0, file: 0, edit: 0 };
  const recorder = {
    figures: () => ({ added, arriving: { take: 2, file: 1 } }),
    contextManager: { getSessionDurations: () => ({ reads: reads.read(), writes: writes.read() }) },
  };
  const performance = new PerformanceRecorder({ http, recorder: recorder as never, stretchSeconds });
  const answer = (status: number, durationSeconds: number) => {
    http.begin();
    http.end({ method: 'GET', route: '/api/x', status, isAborted: false, durationSeconds });
  };
  return { performance, reads, added, answer };
}

describe('a recorder of performance', () => {
  it('tells of each stretch what happened in it', () => {
    const { performance, reads, added, answer } = stage();
    for (let n = 0; n < 30; n++) answer(200, 0.02);
    answer(503, 0.02);
    reads.note(0.05);
    added.file += 3;
    vi.advanceTimersByTime(15_000);
    vi.advanceTimersByTime(15_000);
    const { times, stretchSeconds, figures } = performance.past(1);
    expect(stretchSeconds).toBe(15);
    expect(times).toEqual([
      Date.parse('2026-11-24T10:00:15Z') / 1000,
      Date.parse('2026-11-24T10:00:30Z') / 1000,
    ]);
    expect(figures.requestsPerSecond).toEqual([expect.closeTo(31 / 15, 1), 0]);
    expect(figures.failedRequestsPerSecond[0]).toBeCloseTo(1 / 15, 2);
    expect(figures.requestP95Seconds).toEqual([expect.closeTo(0.025, 2), null]);
    expect(figures.sessionP95Seconds).toEqual([expect.any(Number), null]);
    expect(figures.addedRecordings).toEqual([3, 0]);
    expect(figures.liveTakes).toEqual([2, 2]);
    expect(figures.memoryBytes[0]).toBeGreaterThan(10_000_000);
    performance.close();
  });

  it('keeps a day, and tells it in few points whose last one is whole', () => {
    const { performance, added } = stage(60);
    for (let minute = 0; minute < 26 * 60; minute++) {
      added.take += 1;
      vi.advanceTimersByTime(60_000);
    }
    const day = performance.past(24);
    expect(day.times.length).toBe(360);
    expect(day.stretchSeconds).toBe(240);
    expect(day.figures.addedRecordings.every((count) => count === 4)).toBe(true);
    expect(performance.past(1).times).toHaveLength(60);
    performance.close();
  });
});

describe('a quantile of counted durations', () => {
  it('of none is not known', () => {
    expect(quantileSeconds({ upToSeconds: BOUNDS, counts: [0, 0, 0, 0], sumSeconds: 0 }, 0.95)).toBeNaN();
  });

  it.each([
    [[10, 0, 0, 0], 0.0095],
    [[0, 10, 0, 0], 0.0955],
    [[0, 0, 0, 10], 1],
  ])('of %j is %d', (counts, expected) => {
    expect(quantileSeconds({ upToSeconds: BOUNDS, counts, sumSeconds: 0 }, 0.95)).toBeCloseTo(expected, 6);
  });
});
