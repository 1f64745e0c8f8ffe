import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';

/** The store is the one that was opened. */
export function storeMarker(findFault: () => Promise<string | undefined>): HealthCheck {
  return {
    name: 'store-marker',
    severity: 'critical',
    unit: null,
    async run() {
      const fault = await findFault();
      if (fault === undefined) return { status: 'pass', message: 'The store is the one that was opened.' };
      return {
        status: 'fail',
        message: fault,
        remedy: 'If its disk was unmounted, mount it again; what comes in meanwhile is refused.',
      };
    },
  };
}

export interface VerificationFigures {
  /** Faults by result. */
  readonly missing: number;
  readonly damaged: number;
  readonly unreadable: number;
  /** When the recording was read whose reading is longest ago, or when it came; undefined without any. */
  readonly oldestAt: string | undefined;
  readonly neverVerifiedCount: number;
}

/** Every original that was read again is there, and as it was received. */
export function recordingFaults(read: () => Promise<VerificationFigures>): HealthCheck {
  return {
    name: 'recordings',
    severity: 'critical',
    unit: 'count',
    everyMs: 60_000,
    async run() {
      const { missing, damaged, unreadable } = await read();
      const value = missing + damaged + unreadable;
      if (value === 0)
        return {
          status: 'pass',
          value,
          threshold: 1,
          message: 'No recording is known to be damaged or missing.',
        };
      const parts = [
        [damaged, 'damaged'],
        [missing, 'missing'],
        [unreadable, 'unreadable'],
      ] as const;
      const named = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
      return {
        status: 'fail',
        value,
        threshold: 1,
        message: `Recordings are not as they were received: ${named.join(', ')}.`,
        remedy: 'See which with "vrp verify", look at the disk, and bring them back with "vrp repair".',
      };
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

export interface OldestDesk {
  nowMs(): number;
  read(): Promise<VerificationFigures>;
  /** Days within which the patrol is to come round; 0: there is no patrol. */
  readonly patrolDays: number;
}

/** The patrol comes round. */
export function oldestUnverified({ nowMs, read, patrolDays }: OldestDesk): HealthCheck {
  return {
    name: 'oldest-unverified',
    severity: 'minor',
    unit: 'days',
    everyMs: 10 * 60_000,
    async run() {
      const { oldestAt, neverVerifiedCount } = await read();
      if (oldestAt === undefined) return { status: 'pass', message: 'There is no recording yet.' };
      const value = Math.max(0, Math.round(((nowMs() - Date.parse(oldestAt)) / DAY_MS) * 10) / 10);
      const threshold = Math.max(1, patrolDays * 2);
      const never =
        neverVerifiedCount === 0 ? '' : ` ${neverVerifiedCount} were never read again since they came.`;
      if (patrolDays === 0) {
        return {
          status: 'warn',
          value,
          message: `No patrol reads recordings again.${never}`,
          remedy: 'Let one (VRP_PATROL_MB_PER_SECOND), or run "vrp verify" regularly.',
        };
      }
      const status = statusOf(value, threshold, Number.POSITIVE_INFINITY);
      return {
        status,
        value,
        threshold,
        message: `The recording that was not read for the longest time was read, or came, ${value} days ago.${never}`,
        remedy:
          status === 'pass'
            ? null
            : 'The patrol does not come round: let it read faster (VRP_PATROL_MB_PER_SECOND), or run "vrp verify".',
      };
    },
  };
}
