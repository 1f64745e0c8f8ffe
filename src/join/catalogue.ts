import { type Catalogue, type CatalogueSettings, openCatalogue } from '../catalogue/open-catalogue.ts';
import { claimDatabase } from '../catalogue/store-claim.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { PostgresSettings } from '../database/postgres/connection-settings.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { hasRecordingFiles, requireCatalogue } from '../rebuild-store.ts';

/** The PostgreSQL database of a configuration; undefined where SQLite holds the catalogue. */
export function postgresOf(database: DatabaseConfig): PostgresSettings | undefined {
  const place = database.postgresPlace;
  if (!place) return undefined;
  const { schema, caFile, poolSize, busyLimitMs, statementLimitMs } = database;
  return { ...place, schema, caFile, poolSize, busyLimitMs, statementLimitMs };
}

/**
 * Opens the catalogue that the configuration names, as this store's own. Rejects as `openCatalogue` does, with
 * `catalogue-missing` where recordings are there and their catalogue is not, and with `catalogue-of-other-store` where
 * another store keeps its catalogue there.
 */
export async function openStoreCatalogue(
  config: StorageConfig,
  storeId: string,
  settings: Omit<CatalogueSettings, 'file' | 'backupFolder' | 'postgres' | 'busyLimitMs'>,
): Promise<Catalogue> {
  const { database, catalogueFile, backupPath } = config;
  const postgres = postgresOf(database);
  if (!postgres) await requireCatalogue(config);
  const catalogue = await openCatalogue({
    ...settings,
    file: catalogueFile,
    backupFolder: backupPath,
    busyLimitMs: database.busyLimitMs,
    ...(postgres ? { postgres } : {}),
  });
  if (!postgres) return catalogue;
  try {
    await claimDatabase(catalogue.contexts, storeId, database.url, settings.clock, async () => {
      if (await hasRecordingFiles(config)) throw notCopiedYet(config);
    });
    return catalogue;
  } catch (error) {
    await catalogue.close();
    throw error;
  }
}

function notCopiedYet({ dataDir, database }: StorageConfig): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-missing',
    `There are recordings in ${dataDir}, but nothing of them is in ${database.url}: bring their catalogue there first.`,
  );
}
