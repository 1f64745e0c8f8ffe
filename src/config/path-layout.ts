import { join } from 'node:path';

/** Where everything lies inside a data folder; `docs/format.md` is the contract. */
export interface PathLayout {
  readonly rawRecordingsPath: string;
  readonly editedRecordingsPath: string;
  readonly derivedPath: string;
  readonly spoolPath: string;
  readonly quarantinePath: string;
  readonly backupPath: string;
  readonly catalogueFile: string;
  readonly reserveFile: string;
  readonly lockFile: string;
  readonly markerFile: string;
}

export function layoutOf(dataDir: string): PathLayout {
  return {
    rawRecordingsPath: join(dataDir, 'raw'),
    editedRecordingsPath: join(dataDir, 'edited'),
    derivedPath: join(dataDir, 'derived'),
    spoolPath: join(dataDir, 'spool'),
    quarantinePath: join(dataDir, 'quarantine'),
    backupPath: join(dataDir, 'backup'),
    catalogueFile: join(dataDir, 'catalogue.sqlite'),
    reserveFile: join(dataDir, 'reserve.bin'),
    lockFile: join(dataDir, 'server-lock.sqlite'),
    markerFile: join(dataDir, 'vrp-store.json'),
  };
}

/** The folders of a layout, in the order they are made. */
export function foldersOf(layout: PathLayout): string[] {
  return [
    layout.rawRecordingsPath,
    layout.editedRecordingsPath,
    layout.derivedPath,
    layout.spoolPath,
    layout.quarantinePath,
    layout.backupPath,
  ];
}
