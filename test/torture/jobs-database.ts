import { join } from 'node:path';
import { openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { DatabaseSessions } from '../../src/sessions/database-sessions.ts';

/** Which database the processes of one run share. */
export interface JobsDatabase {
  readonly kind: 'sqlite';
  readonly folder: string;
}

export async function openJobsDatabase(
  database: JobsDatabase,
): Promise<DatabaseSessions & { close(): Promise<void> }> {
  const { contexts } = await openCatalogue({
    file: join(database.folder, 'catalogue.sqlite'),
    backupFolder: join(database.folder, 'backup'),
    clock: systemClock,
    // Four processes write into one file, and one of them may stand still with its lock.
    busyLimitMs: 60_000,
  });
  return contexts;
}
