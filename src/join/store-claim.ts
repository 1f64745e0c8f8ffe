import { hostname } from 'node:os';
import type { ClaimingStore } from '../catalogue/store-claim.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { PostgresSettings } from '../database/postgres/connection-settings.ts';
import type { Clock } from '../model/clock.ts';

/** The PostgreSQL database of a configuration; undefined where SQLite holds the catalogue. */
export function postgresOf(database: DatabaseConfig): PostgresSettings | undefined {
  const place = database.postgresPlace;
  if (!place) return undefined;
  const { schema, caFile, poolSize, busyLimitMs, statementLimitMs } = database;
  return { ...place, schema, caFile, poolSize, busyLimitMs, statementLimitMs };
}

/** The store as `database` is to know it. */
export function claimOf(
  { dataDir }: StorageConfig,
  { url, isShared }: DatabaseConfig,
  id: string,
  clock: Clock,
): ClaimingStore {
  return { id, name: `${hostname()}:${dataDir}`, isShared, url, clock };
}
