import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';

const TICK_MS = 50;
const MAX_TICKS = 2_000;
const SLOW_LOOP_MS = 100;
const STUCK_LOOP_MS = 1_000;
/** A standstill is told for so long after it was over. */
const TOLD_MS = 30_000;

/**
 * Measures how late the event loop of this thread is, from now on until `close()`. By a timer of its own: the monitor of
 * Node misses a standstill that begins right after it was reset.
 */
export class LoopDelay {
  #lateMs: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let tickedAt = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lateMs.push(Math.max(0, now - tickedAt - TICK_MS));
      tickedAt = now;
      // Nobody has asked for a long time.
      if (this.#lateMs.length > MAX_TICKS) this.#lateMs.shift();
    }, TICK_MS).unref();
  }

  /** The longest delay since the last question, and the delay of which 1 % were longer; in milliseconds. */
  take(): { readonly maxMs: number; readonly p99Ms: number } {
    const sorted = this.#lateMs.sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
    const taken = { maxMs: at(1), p99Ms: at(0.99) };
    this.#lateMs = [];
    return taken;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** The process answers at once: nothing keeps it busy for long at a time. */
export function eventLoop(delay: Pick<LoopDelay, 'take'>): HealthCheck {
  let takings: { readonly atMs: number; readonly maxMs: number; readonly p99Ms: number }[] = [];
  return {
    name: 'event-loop',
    severity: 'major',
    unit: 'milliseconds',
    run() {
      const atMs = performance.now();
      takings = [...takings.filter((taken) => atMs - taken.atMs < TOLD_MS), { atMs, ...delay.take() }];
      const maxMs = Math.max(...takings.map((taken) => taken.maxMs));
      const p99Ms = Math.max(...takings.map((taken) => taken.p99Ms));
      const isSlow = p99Ms >= SLOW_LOOP_MS;
      const status = maxMs >= STUCK_LOOP_MS ? 'fail' : isSlow ? 'warn' : 'pass';
      return {
        status,
        value: maxMs,
        threshold: STUCK_LOOP_MS,
        message: `Within the last half minute the server was busy for at most ${maxMs} ms at a time, for ${p99Ms} ms in the worst 1 %.`,
        remedy:
          status === 'pass'
            ? null
            : 'The machine is overloaded, or was asleep. If it was neither, "vrp doctor" collects what we need to know.',
      };
    },
  };
}

const MUCH_PERCENT = 80;
const TOO_MUCH_PERCENT = 95;
const MB = 1_000_000;

export interface MemoryReading {
  readonly usedBytes: number;
  /** Of the container or the machine. */
  readonly limitBytes: number;
}

/** There is memory left within the limit of the container, or of the machine. */
export function memory(read: () => Promise<MemoryReading>): HealthCheck {
  return {
    name: 'memory',
    severity: 'major',
    unit: 'percent',
    async run() {
      const { usedBytes, limitBytes } = await read();
      const value = Math.round((usedBytes / limitBytes) * 1000) / 10;
      const status = statusOf(value, MUCH_PERCENT, TOO_MUCH_PERCENT);
      return {
        status,
        value,
        threshold: MUCH_PERCENT,
        message: `${Math.round(usedBytes / MB)} of ${Math.round(limitBytes / MB)} MB of memory are taken.`,
        remedy:
          status === 'pass' ? null : 'End other programs, or give the machine or the container more memory.',
      };
    },
  };
}

export interface OpenFilesReading {
  readonly openCount: number;
  readonly limit: number;
}

/** Files and connections can still be opened. */
export function openFiles(read: () => Promise<OpenFilesReading | undefined>): HealthCheck {
  return {
    name: 'open-files',
    severity: 'major',
    unit: 'percent',
    async run() {
      const reading = await read();
      if (reading === undefined)
        return { status: 'pass', message: 'This system does not tell how many files are open.' };
      const { openCount, limit } = reading;
      const value = Math.round((openCount / limit) * 1000) / 10;
      const status = statusOf(value, MUCH_PERCENT, TOO_MUCH_PERCENT);
      return {
        status,
        value,
        threshold: MUCH_PERCENT,
        message: `${openCount} of ${limit} files and connections are open.`,
        remedy:
          status === 'pass'
            ? null
            : 'Raise the limit of open files of the service ("ulimit -n", LimitNOFILE=).',
      };
    },
  };
}

const STEP_MS = 5_000;
const DRIFT_SECONDS = 5;

export interface ClockDesk {
  nowMs(): number;
  monotonicMs(): number;
  /** The time that the disk gave a file just written; undefined where none could be. */
  fileTimeMs(): Promise<number | undefined>;
}

/** The clock goes on evenly, and is the one that files are dated by. */
export function wallClock(desk: ClockDesk): HealthCheck {
  let last: { readonly wallMs: number; readonly monotonicMs: number } | undefined;
  return {
    name: 'clock',
    severity: 'minor',
    unit: 'seconds',
    async run() {
      const now = { wallMs: desk.nowMs(), monotonicMs: desk.monotonicMs() };
      const stepMs = last ? now.wallMs - last.wallMs - (now.monotonicMs - last.monotonicMs) : 0;
      last = now;
      if (Math.abs(stepMs) >= STEP_MS) {
        const value = Math.round(stepMs / 1000);
        return {
          status: 'warn',
          value,
          threshold: STEP_MS / 1000,
          message: `The clock was set ${value > 0 ? 'forward' : 'back'} by ${Math.abs(value)} seconds.`,
          remedy: 'Let the machine keep its time by NTP; recordings are dated by its clock.',
        };
      }
      const fileTimeMs = await desk.fileTimeMs();
      const driftSeconds = fileTimeMs === undefined ? 0 : (fileTimeMs - desk.nowMs()) / 1000;
      const value = Math.round(driftSeconds * 10) / 10;
      const isOff = Math.abs(driftSeconds) >= DRIFT_SECONDS;
      return {
        status: isOff ? 'warn' : 'pass',
        value,
        threshold: DRIFT_SECONDS,
        message: isOff
          ? `The disk dates files ${Math.abs(value)} seconds ${value > 0 ? 'later' : 'earlier'} than this machine.`
          : 'The clock goes on evenly, and files are dated by it.',
        remedy: isOff ? 'Let this machine and the file server keep their time by NTP.' : null,
      };
    },
  };
}
