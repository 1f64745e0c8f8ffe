import type { HealthCheck } from '../health-check.ts';
import { statusOf } from '../health-check.ts';
import { medianOf } from '../trend.ts';

/** Writes a few bytes to the disk of the store, syncs and removes them. Resolves to how long the sync took. */
export type WriteProbe = () => Promise<{ readonly syncMs: number }>;

/** The store can be written to: not looked up, but done. */
export function storeWritable(probe: WriteProbe): HealthCheck {
  return {
    name: 'store-writable',
    severity: 'critical',
    unit: 'milliseconds',
    timeoutMs: 10_000,
    async run() {
      try {
        const { syncMs } = await probe();
        return {
          status: 'pass',
          value: Math.round(syncMs * 10) / 10,
          message: 'A file was written to the store, synced and removed.',
        };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return {
          status: 'fail',
          message: `Nothing can be written to the store: ${reason}`,
          remedy:
            'See whether its disk is full, was mounted read-only after a fault ("dmesg"), or belongs to another user.',
        };
      }
    },
  };
}

const PROBES = 5;
const SLOW_MS = 100;
const CRAWLING_MS = 1_000;
/** No disk keeps anything as fast as that; memory that calls itself one does, until the power goes. */
const TOO_FAST_MS = 0.02;

/** How long the disk takes until bytes are safe: what every second of every recording waits for. */
export function syncLatency(probe: WriteProbe): HealthCheck {
  return {
    name: 'sync-latency',
    severity: 'major',
    unit: 'milliseconds',
    everyMs: 60_000,
    timeoutMs: 20_000,
    async run() {
      const timesMs: number[] = [];
      for (let count = 0; count < PROBES; count += 1) timesMs.push((await probe()).syncMs);
      const middleMs = medianOf(timesMs);
      const value = Math.round(middleMs * 100) / 100;
      if (middleMs < TOO_FAST_MS) {
        return {
          status: 'warn',
          value,
          threshold: TOO_FAST_MS,
          message: `The disk says within ${value} ms that bytes are safe: sooner than any disk can know.`,
          remedy:
            'It may only have them in memory, where a power cut takes them. Put the store on a disk of its own, and see ' +
            'whether its sync was switched off (a RAM disk, "nobarrier", a virtual disk with an unsafe cache).',
        };
      }
      const status = statusOf(middleMs, SLOW_MS, CRAWLING_MS);
      return {
        status,
        value,
        threshold: SLOW_MS,
        message: `The disk takes ${value} ms until bytes are safe.`,
        remedy:
          status === 'pass'
            ? null
            : 'Something else keeps the disk busy, or it is failing: look at its load and at its SMART report.',
      };
    },
  };
}

/** Kinds of file systems by the number that statfs gives (linux/magic.h), where they matter here. */
const FILE_SYSTEMS: ReadonlyMap<number, { readonly name: string; readonly why: string }> = new Map([
  [0x6969, { name: 'NFS', why: 'network' }],
  [0xff534d42, { name: 'SMB (CIFS)', why: 'network' }],
  [0xfe534d42, { name: 'SMB 2 or 3', why: 'network' }],
  [0x517b, { name: 'SMB', why: 'network' }],
  [0x01021997, { name: '9P', why: 'network' }],
  [0x01021994, { name: 'tmpfs', why: 'memory' }],
  [0x858458f6, { name: 'ramfs', why: 'memory' }],
  [0x65735546, { name: 'FUSE', why: 'unsure' }],
]);

export interface FileSystemDesk {
  /** The type number of the file system of the store. */
  type(): Promise<number>;
  /** The catalogue is a file of SQLite there. */
  readonly hasSqlite: boolean;
}

/** The file system is of a kind that keeps what it says and locks what it is asked to. */
export function fileSystemKind({ type, hasSqlite }: FileSystemDesk): HealthCheck {
  return {
    name: 'file-system',
    severity: 'major',
    unit: null,
    everyMs: 60 * 60_000,
    async run() {
      const found = FILE_SYSTEMS.get((await type()) >>> 0);
      if (found?.why === 'memory') {
        return {
          status: 'warn',
          message: `The store lies in memory (${found.name}): everything in it is gone when the machine stops.`,
          remedy: 'Put the data folder (VRP_DATA_DIR) on a disk.',
        };
      }
      if (found !== undefined && hasSqlite) {
        return {
          status: 'warn',
          message: `The catalogue is an SQLite file on ${found.name}, ${
            found.why === 'network'
              ? 'where locks and syncs cannot be relied on'
              : 'of which nobody can tell whether locks and syncs hold'
          }.`,
          remedy: 'Put the state on a local disk, or keep the catalogue in PostgreSQL (DATABASE_URL).',
        };
      }
      return { status: 'pass', message: 'The store lies on a file system that is fit for it.' };
    },
  };
}
