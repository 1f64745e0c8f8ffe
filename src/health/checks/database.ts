import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';
import { medianOf } from '../trend.ts';

export interface DatabaseDesk {
  /** A query as the page asks it. */
  read(): Promise<unknown>;
  /** Changes nothing, and needs all that a change needs. */
  write(): Promise<unknown>;
}

const PROBES = 5;
const SLOW_MS = 50;
const SLOWER_THAN_USUAL = 5;
const LEAST_PAST = 20;

/** The database answers, takes changes, and is the one that was opened. */
export function databaseAnswers(desk: DatabaseDesk): HealthCheck {
  return {
    name: 'database',
    severity: 'critical',
    unit: 'milliseconds',
    async run() {
      const startedAt = performance.now();
      try {
        await desk.read();
        await desk.write();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return {
          status: 'fail',
          message: `The database does not answer as it should: ${reason}`,
          remedy:
            'Look at its disk or its server. Takes that run are kept in the spool and entered once it is back; what is ' +
            'lost for good comes back with "vrp restore-backup" or "vrp rebuild".',
        };
      }
      const value = Math.round((performance.now() - startedAt) * 10) / 10;
      return { status: 'pass', value, message: 'The database answers and takes changes.' };
    },
  };
}

/** A query is about as fast as it used to be. */
export function databaseLatency({ read }: Pick<DatabaseDesk, 'read'>): HealthCheck {
  return {
    name: 'database-latency',
    severity: 'minor',
    unit: 'milliseconds',
    async run({ past }) {
      const timesMs: number[] = [];
      for (let probe = 0; probe < PROBES; probe += 1) {
        const startedAt = performance.now();
        await read();
        timesMs.push(performance.now() - startedAt);
      }
      const value = Math.round(medianOf(timesMs) * 100) / 100;
      const known = past.flatMap((sample) => (sample.value === null ? [] : [sample.value]));
      const usualMs = known.length < LEAST_PAST ? undefined : medianOf(known);
      const threshold = Math.max(SLOW_MS, Math.round((usualMs ?? 0) * SLOWER_THAN_USUAL));
      const usual = usualMs === undefined ? '' : `, usually ${Math.round(usualMs * 100) / 100} ms`;
      return {
        status: statusOf(value, threshold, Number.POSITIVE_INFINITY),
        value,
        threshold,
        message: `A query takes ${value} ms${usual}.`,
        remedy: value < threshold ? null : 'See what else the machine or the database server is busy with.',
      };
    },
  };
}

const MB = 1_000_000;
const LONG_LOG_BYTES = 256 * MB;
const TOO_LONG_LOG_BYTES = 2_000 * MB;

/** The write-ahead log of SQLite is brought into the database again and again; a reader that never ends prevents that. */
export function walSize(readBytes: () => Promise<number>): HealthCheck {
  return {
    name: 'database-wal',
    severity: 'minor',
    unit: 'bytes',
    async run() {
      const value = await readBytes();
      const status = statusOf(value, LONG_LOG_BYTES, TOO_LONG_LOG_BYTES);
      return {
        status,
        value,
        threshold: LONG_LOG_BYTES,
        message: `The write-ahead log of the database has ${Math.round(value / MB)} MB.`,
        remedy:
          status === 'pass'
            ? null
            : 'Another program reads in the database without end: find and end it, or restart the server.',
      };
    },
  };
}

const HOUR_MS = 60 * 60 * 1000;
const INTEGRITY_TIMEOUT_MS = 30 * 60 * 1000;

/** Every page of the database is read and checked; once a week every index too. */
export function databaseIntegrity(
  check: (isFull: boolean, signal: AbortSignal) => Promise<string>,
): HealthCheck {
  let runs = 0;
  return {
    name: 'database-integrity',
    severity: 'critical',
    unit: null,
    everyMs: 24 * HOUR_MS,
    timeoutMs: INTEGRITY_TIMEOUT_MS,
    isLong: true,
    async run({ signal }) {
      const isFull = runs % 7 === 6;
      const verdict = await check(isFull, signal);
      runs += 1;
      if (verdict === 'ok')
        return {
          status: 'pass',
          message: `The database was read through${isFull ? ', indexes too' : ''}: it is whole.`,
        };
      return {
        status: 'fail',
        message: `The database is damaged: ${verdict}`,
        remedy:
          'Stop the server, bring back the last snapshot with "vrp restore-backup" and run "vrp rebuild" for what is ' +
          'newer; look at the disk.',
      };
    },
  };
}
