/** When the disk will be full, if it goes on as it went. */
export interface Forecast {
  /** Mean of the days it is based on. */
  readonly bytesPerDay: number;
  /** Days that were looked at, up to today. */
  readonly basedOnDays: number;
  /** The day (UTC) on which nothing more would be taken in; null when that is more than ten years off. */
  readonly fullOn: string | null;
}

export interface DayGrowth {
  /** `2026-11-23`, UTC. */
  readonly day: string;
  readonly bytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** What grew earlier says little about now. */
export const FORECAST_DAYS = 30;
const LEAST_DAYS = 7;
const LONGEST_DAYS = 3650;

/**
 * From what came in during the last 30 days, or since the first recording if that is later. Undefined when there is
 * less than a week to judge by, or nothing came in.
 */
export function forecastFull(
  growth: readonly DayGrowth[],
  firstDay: string | null,
  usableBytes: number,
  nowMs: number,
): Forecast | undefined {
  if (firstDay === null) return undefined;
  const today = Math.floor(nowMs / DAY_MS);
  const dayNumber = (day: string) => Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
  const basedOnDays = Math.min(FORECAST_DAYS, today - dayNumber(firstDay) + 1);
  if (basedOnDays < LEAST_DAYS) return undefined;
  const counted = growth.filter(({ day }) => {
    const age = today - dayNumber(day);
    // A clock that was set wrong must not tell of tomorrow.
    return age >= 0 && age < basedOnDays;
  });
  const bytesPerDay = Math.round(counted.reduce((sum, { bytes }) => sum + bytes, 0) / basedOnDays);
  if (bytesPerDay === 0) return undefined;
  const daysLeft = Math.floor(usableBytes / bytesPerDay);
  const fullOn =
    daysLeft > LONGEST_DAYS ? null : new Date((today + daysLeft) * DAY_MS).toISOString().slice(0, 10);
  return { bytesPerDay, basedOnDays, fullOn };
}
