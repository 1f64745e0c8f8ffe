import type { CompiledQuery, Kysely } from 'kysely';
import type { StoreSchema } from './schema.ts';

export interface SessionOptions {
  /** True: sees one unchanging state of the database and cannot write. False when not given. */
  readonly readonly?: boolean;
  /** Stands in metrics and messages. */
  readonly name?: string;
  /** From the call to the end of the work, waiting in the queue included; the wait for the commit is not. */
  readonly deadlineMs?: number;
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
   * A session inside another joins it as a savepoint. Rejects with `catalogue-busy`, `catalogue-damaged`,
   * `disk-full`, `catalogue-failed` (nothing of it counts) or `session-deadline`.
   */
  withSession<T>(options: SessionOptions, work: SessionWork<T>): Promise<T>;
}
