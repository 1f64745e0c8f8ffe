import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';

/** Held by the one process that may write to a store; freed by the kernel even after SIGKILL. */
export interface StoreLock {
  release(): void;
}

const RETRY_DELAY_MS = 50;

/**
 * Takes the exclusive lock of a store: a `BEGIN EXCLUSIVE` that is held on a database of its own, because SQLite's
 * locks work the same on every platform. Waits up to `waitMs`. Rejects with `store-locked`.
 */
export async function takeStoreLock(lockFile: string, clock: Clock, waitMs = 0): Promise<StoreLock> {
  const deadlineMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const database = tryLock(lockFile);
    if (database) return { release: () => database.close() };
    if (clock.monotonicMs() >= deadlineMs) {
      throw new VoiceRecorderError(
        'store-locked',
        `Another Voice Recorder Pro has the store of ${lockFile} open. Use that one, or stop it first.`,
        { details: { lockFile } },
      );
    }
    await sleep(RETRY_DELAY_MS);
  }
}

function tryLock(lockFile: string): DatabaseSync | undefined {
  // Only when it is missing: closing any descriptor of a file frees all locks that this process has on it (POSIX).
  if (!existsSync(lockFile)) closeSync(openSync(lockFile, 'a', 0o600));
  const database = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    // An empty database would be given its first page with every lock; one that has it can be locked on a full disk.
    if (statSync(lockFile).size === 0) database.exec('PRAGMA user_version = 1');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    // SQLITE_BUSY (5) and SQLITE_LOCKED (6) mean that somebody else holds it; anything else is a fault of the disk.
    const code = (error as { errcode?: number }).errcode;
    if (code === 5 || code === 6) return undefined;
    throw new VoiceRecorderError(
      'store-not-writable',
      `The lock ${lockFile} cannot be taken: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
