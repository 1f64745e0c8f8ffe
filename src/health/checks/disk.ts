import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';

export interface DiskReading {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeInodes: number | null;
  /** What is still begun at this reading. */
  readonly acceptance: { readonly derived: boolean; readonly imports: boolean; readonly takes: boolean };
  /** What must stay free; 0 where space is not checked. */
  readonly keepFreeBytes: number;
  /** It was full, and the reserve has not been made anew since. */
  readonly isShort: boolean;
  /** Minutes that still fit of the preset of the page. */
  readonly minutesLeft: number;
}

const MAKE_ROOM =
  'See "vrp cleanup" or the Storage page for what could go, give the store a larger disk, or purge what is not needed.';
const GB = 1_000_000_000;
const SHORT_MINUTES = 10 * 60;

/** There is room for recordings. */
export function diskSpace(read: () => Promise<DiskReading>): HealthCheck {
  return {
    name: 'disk-space',
    severity: 'critical',
    unit: 'bytes',
    async run() {
      const { freeBytes, acceptance, keepFreeBytes, isShort, minutesLeft } = await read();
      const figures = {
        value: freeBytes,
        threshold: keepFreeBytes,
      };
      const free = `${(freeBytes / GB).toFixed(freeBytes < 10 * GB ? 2 : 0)} GB are free, room for ${minutesText(minutesLeft)}`;
      if (!acceptance.takes)
        return {
          ...figures,
          status: 'fail',
          message: `No new take is taken in: ${free}.`,
          remedy: MAKE_ROOM,
        };
      if (!acceptance.imports)
        return {
          ...figures,
          status: 'fail',
          message: `No file is taken in any more: ${free}.`,
          remedy: MAKE_ROOM,
        };
      if (isShort)
        return {
          ...figures,
          status: 'warn',
          message: `The disk was full, the reserve is in use: ${free}.`,
          remedy: MAKE_ROOM,
        };
      if (!acceptance.derived || minutesLeft < SHORT_MINUTES)
        return { ...figures, status: 'warn', message: `The disk gets full: ${free}.`, remedy: MAKE_ROOM };
      return { ...figures, status: 'pass', message: `${free}.` };
    },
  };
}

function minutesText(minutes: number): string {
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

const FEW_INODES = 10_000;
const LEAST_INODES = 100;

/** There is room for the names of files. */
export function inodes(read: () => Promise<Pick<DiskReading, 'freeInodes'>>): HealthCheck {
  return {
    name: 'inodes',
    severity: 'critical',
    unit: 'count',
    async run() {
      const { freeInodes } = await read();
      if (freeInodes === null)
        return { status: 'pass', message: 'This file system has no fixed number of files.' };
      const isFew = freeInodes < FEW_INODES;
      return {
        status: freeInodes < LEAST_INODES ? 'fail' : isFew ? 'warn' : 'pass',
        value: freeInodes,
        threshold: FEW_INODES,
        message: `${freeInodes.toLocaleString('en')} more files can be made on the disk.`,
        remedy: isFew
          ? 'Something on this disk makes very many files: find and remove them ("df -i", "du --inodes").'
          : null,
      };
    },
  };
}

const SOON_DAYS = 14;
const VERY_SOON_DAYS = 3;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface ForecastDesk {
  nowMs(): number;
  /** The day on which the disk is full; null when that is far off, undefined while nobody can tell. */
  fullOn(): Promise<string | null | undefined>;
}

/** When the disk will be full, if it goes on as it went. */
export function diskForecast(desk: ForecastDesk): HealthCheck {
  return {
    name: 'disk-forecast',
    severity: 'minor',
    unit: 'days',
    everyMs: 10 * 60_000,
    async run() {
      const fullOn = await desk.fullOn();
      if (fullOn === undefined)
        return { status: 'pass', message: 'There is not yet a week of growth to judge by.' };
      if (fullOn === null) return { status: 'pass', message: 'The disk has room for years at this pace.' };
      const value = Math.max(0, Math.round((Date.parse(`${fullOn}T00:00:00Z`) - desk.nowMs()) / DAY_MS));
      const status = statusOf(-value, -SOON_DAYS, -VERY_SOON_DAYS);
      return {
        status,
        value,
        threshold: SOON_DAYS,
        message: `At the pace of the last weeks the disk is full on ${fullOn}, in ${value} days.`,
        remedy: status === 'pass' ? null : MAKE_ROOM,
      };
    },
  };
}
