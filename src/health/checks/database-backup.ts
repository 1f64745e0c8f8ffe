import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const OLD_DAYS = 2;
const TOO_OLD_DAYS = 7;

export interface BackupDesk {
  nowMs(): number;
  /** Newest first. */
  list(): Promise<readonly { readonly name: string; readonly createdAt: string }[]>;
  /** Rejects where the newest one cannot be used. */
  open(name: string, signal: AbortSignal): Promise<void>;
  /** When the store was made: a new one has none yet. */
  readonly storeSinceMs: number;
}

/** There is a snapshot of the catalogue, it is not old, and it opens. */
export function lastBackup(desk: BackupDesk): HealthCheck {
  let openedName: string | undefined;
  return {
    name: 'last-backup',
    severity: 'major',
    unit: 'days',
    everyMs: 10 * 60_000,
    timeoutMs: 30 * 60_000,
    isLong: true,
    async run({ signal }) {
      const [newest] = await desk.list();
      const sinceMs = newest ? Date.parse(newest.createdAt) : desk.storeSinceMs;
      const value = Math.max(0, Math.round(((desk.nowMs() - sinceMs) / DAY_MS) * 100) / 100);
      const remedy = 'Run "vrp backup", and see in the log why the daily snapshot was not made.';
      if (newest === undefined) {
        const status = statusOf(value, OLD_DAYS, TOO_OLD_DAYS);
        const message = 'There is no snapshot of the catalogue yet.';
        return { status, value, threshold: OLD_DAYS, message, remedy: status === 'pass' ? null : remedy };
      }
      if (newest.name !== openedName) {
        try {
          await desk.open(newest.name, signal);
          openedName = newest.name;
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          return {
            status: 'fail',
            value,
            threshold: OLD_DAYS,
            message: `The last snapshot of the catalogue cannot be used: ${reason}`,
            remedy: 'Run "vrp backup" for a new one, and look at the disk.',
          };
        }
      }
      const status = statusOf(value, OLD_DAYS, TOO_OLD_DAYS);
      return {
        status,
        value,
        threshold: OLD_DAYS,
        message: `The last snapshot of the catalogue is ${value < 1 ? 'of the last 24 hours' : `${Math.floor(value)} days old`} and opens.`,
        remedy: status === 'pass' ? null : remedy,
      };
    },
  };
}
