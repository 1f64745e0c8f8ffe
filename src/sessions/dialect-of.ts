import { type Kysely, PostgresAdapter } from 'kysely';

/** What differs between the databases is asked for here, by the few queries that cannot be one for both. */
export type DatabaseDialect = 'sqlite' | 'postgres';

/** The database behind the queries of a session. */
export function dialectOf<Schema>(db: Kysely<Schema>): DatabaseDialect {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}
