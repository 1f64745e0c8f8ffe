import { type Backups, CatalogueBackups } from '../backup/catalogue-backups.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { Clock } from '../model/clock.ts';
import type { LogListener } from '../open-options.ts';

/** Joins the room `backup` with catalogue and settings. The schedule runs in long-lived processes only. */
export function joinBackups(
  parts: {
    readonly config: StorageConfig;
    readonly catalogue: Catalogue;
    readonly clock: Clock;
    readonly log: LogListener;
  },
  isScheduled: boolean,
): Backups & { close(): Promise<void> } {
  const { config, catalogue, clock, log } = parts;
  const backups = new CatalogueBackups({
    folder: config.backupPath,
    rule: { days: config.backupDays, weeks: config.backupWeeks },
    clock,
    snapshot: (target) => catalogue.snapshot(target),
    onFault: (error) => log('error', 'The daily snapshot of the catalogue could not be made.', { error }),
  });
  // What several stores share is saved by the programs of PostgreSQL.
  if (isScheduled && config.backups && !config.database.isShared) backups.startSchedule();
  return backups;
}
