import type { CompiledQuery, Kysely } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';

/** How long a session may go on. */
export interface SessionLimit {
  /** True once the session must end at once; what it wrote is undone then. */
  readonly isOver: boolean;
  /** Aborted when that becomes true. Made when it is first asked for: most sessions never need it. */
  readonly signal: AbortSignal;
  /** Throws the reason once the session is over. */
  throwIfOver(): void;
  /** Calls `listener` with the reason, at once when it is over already, until the returned function is called. */
  onOver(listener: (reason: unknown) => void): () => void;
}

/** One attempt at a session; its database gives it a transaction of its own. */
export interface SessionRequest extends SessionLimit {
  readonly name: string;
  readonly isReadonly: boolean;
  /** Told when the transaction had to be begun again because another process held the database. */
  onRetry(): void;
}

export interface OpenSession {
  readonly db: Kysely<StoreSchema>;
  /** All or none; resolves to the number of changed rows of each. */
  batch(queries: readonly CompiledQuery[]): Promise<readonly number[]>;
}

/**
 * Opens transactions on one kind of database. What it rejects with says in `details`: `isRetryable` when nothing of the
 * session counts and it may be run again from its beginning, `isDatabaseOut` when it was the database itself that
 * failed, whoever had asked.
 */
export interface SessionFactory {
  /** Resolves, for a session that writes, only when its commit is on stable storage. */
  run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T>;
  /** Waits for the sessions under way. */
  close(): Promise<void>;
}

/** Databases whose disk can be asked from here. */
export interface MeasuredDisk {
  /** Bytes that the file system of the database still takes. */
  freeBytes(): Promise<number>;
}

export function isMeasuredDisk(factory: SessionFactory): factory is SessionFactory & MeasuredDisk {
  return 'freeBytes' in factory;
}

/** Settles as `work` does, or rejects with the reason when the session is over first. */
export function unlessOver<T>(work: Promise<T>, limit: SessionLimit): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = limit.onOver(reject);
    work.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}
