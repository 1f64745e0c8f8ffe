import type { CompiledQuery, Kysely } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';

export interface SessionRequest {
  readonly isReadonly: boolean;
  /** Aborted when the session must end at once; what it wrote is undone then. */
  readonly signal: AbortSignal;
  /** Told when the transaction had to be begun again because another process held the database. */
  readonly onRetry: () => void;
}

export interface OpenSession {
  readonly db: Kysely<StoreSchema>;
  /** All or none; resolves to the number of changed rows of each. */
  batch(queries: readonly CompiledQuery[]): Promise<readonly number[]>;
}

/** Opens transactions on one kind of database. */
export interface SessionFactory {
  /** Resolves, for a session that writes, only when its commit is on stable storage. */
  run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T>;
  /** Waits for the sessions under way. */
  close(): Promise<void>;
}
