import type { StorageConfig } from '../config/storage-config.ts';
import type { DatabaseContextManagerConfig } from '../database/database-context-manager.ts';
import type { ServerWait } from '../database/postgres/await-server.ts';
import type { VoiceRecorderError } from '../model/failure.ts';
import type { LogListener } from '../open-options.ts';

/** What a configuration allows sessions, and what the log hears of them. */
export function sessionLimits(
  { environment, database, enableDiskSpaceCheck }: StorageConfig,
  log: LogListener,
): Omit<DatabaseContextManagerConfig, 'clock'> {
  const { deadlineMs, retries, slowSessionMs, minFreeBytes } = database;
  return {
    deadlineMs,
    retries,
    slowSessionMs,
    minFreeBytes: enableDiskSpaceCheck ? minFreeBytes : 0,
    onSlowSession: ({ name, ...facts }) =>
      log('warn', `The database session "${name}" has been open for ${facts.heldMs} ms.`, { name, ...facts }),
    onCircuit: (state, cause) =>
      state === 'open'
        ? log('error', 'The database is out; sessions are refused until it answers.', { error: cause })
        : log('info', `The circuit breaker before the database is ${state}.`, {}),
    // A person's recording is worth more than the fault of a program; tests and development stop at it.
    ...(environment === 'production' ? { onCrossing: oncePerPlace(log) } : {}),
  };
}

/** How a PostgreSQL server is waited for by who wants to run for long; a command says at once that it is not there. */
export function serverWait(
  { database }: StorageConfig,
  log: LogListener,
  signal: AbortSignal | undefined,
): ServerWait {
  return {
    limitMs: database.startLimitMs,
    onWaiting: (sentence) => log('warn', sentence, {}),
    ...(signal ? { signal } : {}),
  };
}

function oncePerPlace(log: LogListener): (crossing: VoiceRecorderError, place: string) => void {
  const told = new Set<string>();
  return (error, place) => {
    if (told.has(place)) return;
    told.add(place);
    log('error', error.message, { error, place });
  };
}
