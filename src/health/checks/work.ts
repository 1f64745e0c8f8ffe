import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const OLD_DAYS = 7;

export interface SpoolFigures {
  readonly count: number;
  /** When the one that got nothing for the longest time got something last, ISO 8601 UTC; null without any. */
  readonly oldestAt: string | null;
  /** Takes whose recorder went away and that were kept as they are, besides those that wait for it. */
  readonly abandonedCount: number;
}

/** What was begun is ended: nothing waits in the spool for a recorder that never comes back. */
export function spoolAge(desk: { nowMs(): number; read(): Promise<SpoolFigures> }): HealthCheck {
  return {
    name: 'spool',
    severity: 'minor',
    unit: 'days',
    everyMs: 60_000,
    async run() {
      const { count, oldestAt, abandonedCount } = await desk.read();
      if (oldestAt === null)
        return { status: 'pass', value: 0, threshold: OLD_DAYS, message: 'No upload is unfinished.' };
      const value = Math.max(0, Math.round(((desk.nowMs() - Date.parse(oldestAt)) / DAY_MS) * 10) / 10);
      const kept = abandonedCount === 0 ? '' : ` ${abandonedCount} of them were entered as they are.`;
      const status = statusOf(value, OLD_DAYS, Number.POSITIVE_INFINITY);
      return {
        status,
        value,
        threshold: OLD_DAYS,
        message: `${count} uploads are unfinished, the oldest one for ${value} days.${kept}`,
        remedy:
          status === 'pass'
            ? null
            : 'Open the page on the machine that recorded them, so that they are sent to their end.',
      };
    },
  };
}

const MANY_JOBS = 1_000;
const LATE_HOURS = 6;
const HOUR_MS = 60 * 60 * 1000;

export interface JobFigures {
  readonly waiting: number;
  /** Given up after several attempts. */
  readonly dead: number;
}

/** Derived work is done about as fast as it comes: an import may leave thousands of jobs, for some hours. */
export function jobBacklog(read: () => Promise<Pick<JobFigures, 'waiting'>>): HealthCheck {
  let manySinceMs: number | undefined;
  return {
    name: 'jobs-backlog',
    severity: 'minor',
    unit: 'count',
    everyMs: 60_000,
    async run() {
      const { waiting } = await read();
      const nowMs = performance.now();
      manySinceMs = waiting < MANY_JOBS ? undefined : (manySinceMs ?? nowMs);
      const hours = manySinceMs === undefined ? 0 : (nowMs - manySinceMs) / HOUR_MS;
      const isLate = hours >= LATE_HOURS;
      return {
        status: isLate ? 'warn' : 'pass',
        value: waiting,
        threshold: MANY_JOBS,
        message: isLate
          ? `${waiting} jobs wait, and for ${Math.floor(hours)} hours there were never fewer than ${MANY_JOBS}.`
          : `${waiting} jobs wait.`,
        remedy: isLate
          ? 'Waveforms and measurements come later than usual; the machine is too busy, or workers hang: see "vrp jobs".'
          : null,
      };
    },
  };
}

/** No job was given up. */
export function deadJobs(read: () => Promise<Pick<JobFigures, 'dead'>>): HealthCheck {
  return {
    name: 'jobs-failed',
    severity: 'minor',
    unit: 'count',
    everyMs: 60_000,
    async run() {
      const { dead } = await read();
      return {
        status: dead === 0 ? 'pass' : 'warn',
        value: dead,
        threshold: 1,
        message: dead === 0 ? 'No job was given up.' : `${dead} jobs were given up after several attempts.`,
        remedy:
          dead === 0
            ? null
            : 'See why with "vrp jobs", and queue them anew from there or from the Jobs drawer.',
      };
    },
  };
}

const MANY_ENDS = 3;
const VERY_MANY_ENDS = 10;

const MAX_ENDS = 100;

interface ChildEvent {
  readonly type: string;
  readonly processId: number;
  readonly reason: string;
}

/** How often a child that reads audio was killed or died within the last hour. */
export class MediaEnds {
  readonly #idle = new Set<number>();
  #endsMs: number[] = [];

  /** Of an idle child that is ended nobody needs to know. */
  hear({ type, processId, reason }: ChildEvent): void {
    if (type === 'child-killed' && reason === 'idle') this.#idle.add(processId);
    if (type !== 'child-ended' || this.#idle.delete(processId)) return;
    this.#endsMs.push(performance.now());
    if (this.#endsMs.length > MAX_ENDS) this.#endsMs.shift();
  }

  get lastHour(): number {
    const fromMs = performance.now() - HOUR_MS;
    this.#endsMs = this.#endsMs.filter((atMs) => atMs >= fromMs);
    return this.#endsMs.length;
  }
}

export function mediaProcess(ends: Pick<MediaEnds, 'lastHour'>): HealthCheck {
  return {
    name: 'media-process',
    severity: 'minor',
    unit: 'count',
    run() {
      const value = ends.lastHour;
      const status = statusOf(value, MANY_ENDS, VERY_MANY_ENDS);
      return {
        status,
        value,
        threshold: MANY_ENDS,
        message: `The process that reads audio broke off ${value} times within the last hour.`,
        remedy:
          status === 'pass'
            ? null
            : 'A file may be made to break it, or memory is short: see in the log which ones were read.',
      };
    },
  };
}
