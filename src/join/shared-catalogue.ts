import { type Catalogue, openCatalogue } from '../catalogue/open-catalogue.ts';
import { claimDatabase } from '../catalogue/store-claim.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { systemClock } from '../model/clock.ts';
import { claimOf, postgresOf } from './store-claim.ts';

/**
 * The catalogue that this store shares with others, for what its files say to be entered there; a store with recordings
 * comes in like this, too. Undefined where nothing is shared. Rejects as `openCatalogue` and `claimDatabase` do.
 */
export async function openSharedCatalogue(
  config: StorageConfig,
  storeId: string,
): Promise<Catalogue | undefined> {
  const { database, backupPath } = config;
  const postgres = postgresOf(database);
  if (!postgres || !database.isShared) return undefined;
  return await openCatalogue({
    file: '',
    backupFolder: backupPath,
    clock: systemClock,
    postgres,
    claim: async (sessions) => {
      await claimDatabase(sessions, claimOf(config, database, storeId, systemClock), async () => undefined);
      return storeId;
    },
  });
}
