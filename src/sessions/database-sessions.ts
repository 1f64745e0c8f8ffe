import type { CompiledQuery, Kysely } from 'kysely';
import type { StoreSchema } from './schema.ts';

export interface SessionOptions {
  /** True: sees one unchanging state of the database and cannot write. False when not given. */
  readonly readonly?: boolean;
  /** Stands in metrics and messages. */
  readonly name?: string;
  /** From the call to the end of the work, waiting in the queue included; the wait for the commit is not. */
  readonly deadlineMs?: number;
  /**
   * True: refused with `disk-full`, before anything is begun, when the disk of the database has less room than is
   * configured; a number asks for so many bytes. Only for what can wait for room: never for what ends a take or
   * makes room.
   */
  readonly checkDiskSpace?: boolean | number;
}

/** What a session gives its work beside the queries themselves. */
export interface SessionContext {
  /** Aborted when the deadline has passed or the catalogue closes. */
  readonly signal: AbortSignal;
  /**
   * Runs many statements in one message to the database thread, all or none of them: made for bulk.
   * Resolves to the number of changed rows of each.
   */
  batch(queries: readonly CompiledQuery[]): Promise<readonly number[]>;
}

export type SessionWork<T> = (db: Kysely<StoreSchema>, context: SessionContext) => Promise<T>;

/** Transactions on the store's database, for every room that keeps rows there. */
export interface DatabaseSessions {
  /**
   * Runs `work` in one transaction and resolves to its result: for a write only after the commit is on stable
   * storage. When `work` rejects, everything it wrote is undone and its error passes through.
   * `work` may run more than once: when the database gives a transaction up of which nothing counts, it begins again
   * from the beginning. What it does outside the database must bear that.
   * A session inside another joins it as a savepoint. Rejects with `catalogue-busy`, `catalogue-damaged`,
   * `catalogue-missing`, `disk-full`, `catalogue-failed`, `session-deadline`, or `catalogue-unavailable` (refused
   * at once, because the database is out).
   */
  withSession<T>(options: SessionOptions, work: SessionWork<T>): Promise<T>;
}
