import type { EnvironmentName } from './config/environments.ts';
import type { StorageOverrides } from './config/storage-config.ts';
import type { Clock } from './model/clock.ts';

/** Hears what happens inside, for a log. Never gets secrets. */
export type LogListener = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

/** Does `work`, once, and what it likes before and after it. */
export type AroundWork = <T>(work: () => Promise<T>) => Promise<T>;

/** How a store is opened; all of it has defaults. */
export interface OpenOptions {
  /** `VRP_ENV`, else production, when not given. */
  readonly environment?: EnvironmentName;
  /** Absolute path; `VRP_DATA_DIR`, else the platform's folder, when not given. */
  readonly dataDir?: string;
  /** Further settings that win over environment and config file. */
  readonly overrides?: StorageOverrides;
  /** True: begins an empty store although another one was seen at this path before. */
  readonly isNewStore?: boolean;
  /** False: derived work is only noted down, for the next long-lived process. True when not given. */
  readonly runsJobs?: boolean;
  /** How long a store held by another process is waited for; not at all when not given. */
  readonly lockWaitMs?: number;
  /** Ends an opening that waits for a PostgreSQL server, with `interrupted`. */
  readonly signal?: AbortSignal;
  /** Called with work that goes through the whole store: the program may see to its own memory around it. */
  readonly aroundLongWork?: AroundWork;
  readonly clock?: Clock;
  readonly log?: LogListener;
}
