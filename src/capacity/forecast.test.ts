import { describe, expect, it } from 'vitest';
import { forecastFull } from './forecast.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const daily = (days: number, bytes: number) =>
  Array.from({ length: days }, (_, age) => ({
    day: new Date(nowMs - age * 86_400_000).toISOString().slice(0, 10),
    bytes,
  }));

describe('the forecast', () => {
  it('takes the mean of thirty days, quiet ones included', () => {
    const growth = daily(15, 200);
    expect(forecastFull(growth, '2020-01-01', 1000, nowMs)).toEqual({
      bytesPerDay: 100,
      basedOnDays: 30,
      fullOn: '2026-12-03',
    });
  });

  it('of a younger store looks at the days since its first recording', () => {
    expect(forecastFull(daily(10, 100), '2026-11-14', 550, nowMs)).toEqual({
      bytesPerDay: 100,
      basedOnDays: 10,
      fullOn: '2026-11-28',
    });
  });

  it('is not made from less than a week, from nothing, or from days to come', () => {
    expect(forecastFull(daily(6, 100), '2026-11-18', 1000, nowMs)).toBeUndefined();
    expect(forecastFull([], null, 1000, nowMs)).toBeUndefined();
    expect(forecastFull([], '2020-01-01', 1000, nowMs)).toBeUndefined();
    expect(forecastFull([{ day: '2031-01-01', bytes: 5 }], '2020-01-01', 1000, nowMs)).toBeUndefined();
  });

  it('says of a full disk that it is full today, and names no day that is too far off', () => {
    expect(forecastFull(daily(30, 100), '2020-01-01', 0, nowMs)?.fullOn).toBe('2026-11-23');
    expect(forecastFull(daily(30, 1), '2020-01-01', 1e12, nowMs)).toMatchObject({ fullOn: null });
  });
});
