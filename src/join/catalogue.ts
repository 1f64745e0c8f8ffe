import { type Catalogue, type CatalogueSettings, openCatalogue } from '../catalogue/open-catalogue.ts';
import { claimDatabase } from '../catalogue/store-claim.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { hasRecordingFiles, requireCatalogue } from '../rebuild-store.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { claimOf, postgresOf } from './store-claim.ts';

/**
 * Opens the catalogue that the configuration names, as this store's own. Rejects as `openCatalogue` does, with
 * `catalogue-missing` where recordings are there and their catalogue is not, with `catalogue-of-other-store` where
 * another store keeps its catalogue there and does not share it, and with `config-invalid` where it cannot be shared.
 */
export async function openStoreCatalogue(
  config: StorageConfig,
  storeId: string,
  settings: Omit<CatalogueSettings, 'file' | 'backupFolder' | 'postgres' | 'busyLimitMs' | 'claim'>,
): Promise<Catalogue> {
  const { database, catalogueFile, backupPath } = config;
  const postgres = postgresOf(database);
  if (!postgres) await requireCatalogue(config);
  if (!postgres && database.isShared) throw notShareable();
  return await openCatalogue({
    ...settings,
    file: catalogueFile,
    backupFolder: backupPath,
    busyLimitMs: database.busyLimitMs,
    ...(postgres ? { postgres, claim: (sessions) => claim(sessions, config, storeId, settings.clock) } : {}),
  });
}

async function claim(
  sessions: DatabaseSessions,
  config: StorageConfig,
  storeId: string,
  clock: Clock,
): Promise<string> {
  await claimDatabase(sessions, claimOf(config, config.database, storeId, clock), async () => {
    if (await hasRecordingFiles(config)) throw notCopiedYet(config);
  });
  return storeId;
}

function notShareable(): VoiceRecorderError {
  return new VoiceRecorderError(
    'config-invalid',
    'VRP_SHARED_CATALOGUE="on" goes with a catalogue in PostgreSQL (DATABASE_URL=postgres://…): a file belongs to one store.',
  );
}

function notCopiedYet({ dataDir, database }: StorageConfig): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-missing',
    `There are recordings in ${dataDir}, but nothing of them is in ${database.url}: "vrp database copy" brings their catalogue there, ` +
      '"vrp restore-backup" the last snapshot, "vrp rebuild" makes it anew from the files.',
  );
}
