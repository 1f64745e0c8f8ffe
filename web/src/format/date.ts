import { STRINGS } from '../strings.ts';

/** Where and how the reader counts; undefined means what the browser is set to. */
export interface Place {
  readonly locale?: string | undefined;
  readonly timeZone?: string | undefined;
}

function formatter(place: Place, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(place.locale, { ...options, timeZone: place.timeZone });
}

/** `22 Nov 2026, 21:32` */
export function formatDateTime(iso: string, place: Place = {}): string {
  return formatter(place, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/** `November 2026` of `2026-11`. */
export function formatMonth(month: string, place: Place = {}): string {
  return formatter({ ...place, timeZone: 'UTC' }, { month: 'long', year: 'numeric' }).format(
    new Date(`${month}-01`),
  );
}

/** `22 November 2026` of `2026-11-22`, the same day everywhere. */
export function formatMonthDay(day: string, place: Place = {}): string {
  return formatter({ ...place, timeZone: 'UTC' }, { dateStyle: 'long' }).format(new Date(day));
}

/** `2026-11-22T21:32` in the reader's zone, as fields for date and time have it. */
export function localMinute(iso: string): string {
  const date = new Date(iso);
  // The same clock, read as if it stood in Greenwich.
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** `21:32` */
export function formatTime(iso: string, place: Place = {}): string {
  return formatter(place, { timeStyle: 'short' }).format(new Date(iso));
}

/** `2026-11-22` in the reader's zone: the same for all moments of one day. */
export function dayKey(iso: string, place: Place = {}): string {
  return new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: place.timeZone }).format(
    new Date(iso),
  );
}

/** `Today`, `Yesterday` or `Sunday, 22 November 2026`. */
export function formatDay(iso: string, nowMs: number, place: Place = {}): string {
  const key = dayKey(iso, place);
  if (key === dayKey(new Date(nowMs).toISOString(), place)) return STRINGS.library.today;
  // Twelve hours back from the start of a day is yesterday even when clocks change.
  const yesterdayMs = startOfDayMs(nowMs, place) - 12 * 3600 * 1000;
  if (key === dayKey(new Date(yesterdayMs).toISOString(), place)) return STRINGS.library.yesterday;
  return formatter(place, { dateStyle: 'full' }).format(new Date(iso));
}

function startOfDayMs(nowMs: number, place: Place): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
    timeZone: place.timeZone,
  }).formatToParts(nowMs);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return nowMs - ((read('hour') * 60 + read('minute')) * 60 + read('second')) * 1000;
}
