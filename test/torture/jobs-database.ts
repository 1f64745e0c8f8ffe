import { join } from 'node:path';
import { connectCatalogue } from '../../src/catalogue/connect-catalogue.ts';
import type { DatabaseContextManager } from '../../src/database/database-context-manager.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { systemClock } from '../../src/model/clock.ts';

/** Which database the processes of one run share: the one in a folder, unless it is on a server. */
export interface JobsDatabase {
  readonly folder: string;
  readonly postgres?: PostgresSettings;
}

export async function openJobsDatabase(database: JobsDatabase): Promise<DatabaseContextManager> {
  const settings = {
    file: join(database.folder, 'catalogue.sqlite'),
    backupFolder: join(database.folder, 'backup'),
    clock: systemClock,
    readerCount: 1,
    // Four processes write into one file, and one of them may stand still with its lock.
    busyLimitMs: 60_000,
    ...(database.postgres && { postgres: database.postgres }),
  };
  const { contexts } = await connectCatalogue(settings, MIGRATIONS);
  return contexts;
}
