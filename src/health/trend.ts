import type { HealthSample } from '../model/health.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LEAST_SAMPLES = 3;
const LEAST_SPAN_MS = 60 * 60 * 1000;

/** By how much the values change a day: the slope of the line with the least squared distances. */
export function slopePerDay(samples: readonly HealthSample[]): number | null {
  const points = samples.flatMap(({ at, value }) =>
    value === null ? [] : [{ day: Date.parse(at) / DAY_MS, value }],
  );
  const days = points.map(({ day }) => day);
  const spanMs = (Math.max(...days) - Math.min(...days)) * DAY_MS;
  if (points.length < LEAST_SAMPLES || spanMs < LEAST_SPAN_MS) return null;
  const middleDay = mean(days);
  const middleValue = mean(points.map(({ value }) => value));
  let together = 0;
  let alone = 0;
  for (const { day, value } of points) {
    together += (day - middleDay) * (value - middleValue);
    alone += (day - middleDay) ** 2;
  }
  return together / alone;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value in the middle; of an even number the higher one of both. `values` must not be empty. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** At most `count` of them, evenly chosen, the newest among them. */
export function thinned<T>(samples: readonly T[], count: number): readonly T[] {
  if (samples.length <= count) return samples;
  const step = (samples.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => samples[Math.round(index * step)] as T);
}
