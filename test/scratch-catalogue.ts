import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalogue, type CatalogueSettings, openCatalogue } from '../src/catalogue/open-catalogue.ts';
import type { PostgresSettings } from '../src/database/postgres/connection-settings.ts';
import { systemClock } from '../src/model/clock.ts';
import type { Recording } from '../src/model/recording.ts';
import type { TestDatabase } from './databases.ts';
import { someRecording } from './some-recording.ts';

/** A catalogue in a folder of its own; `await using` removes both. */
export interface ScratchCatalogue extends Catalogue, AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  /** Where it is when it is no file. */
  readonly postgres: PostgresSettings | undefined;
  /** Closes it and opens the same file again. */
  reopen(settings?: Partial<CatalogueSettings>): Promise<ScratchCatalogue>;
}

let chosen: TestDatabase | undefined;

/** From here on, all scratch catalogues of this test file are on `database` unless they are told otherwise. */
export function testOn(database: TestDatabase): void {
  chosen = database;
}

/** For tests that look into the SQLite file itself: `it.runIf(isOnSqlite())`. */
export function isOnSqlite(): boolean {
  return chosen === undefined || chosen.name === 'SQLite';
}

export async function scratchCatalogue(
  settings: Partial<CatalogueSettings> = {},
  kind: TestDatabase | undefined = chosen,
): Promise<ScratchCatalogue> {
  const database = await kind?.create();
  const folder = await mkdtemp(join(tmpdir(), 'vrp-catalogue-'));
  const postgres = database && { postgres: database.settings };
  return openIn(folder, { ...postgres, ...settings }, async () => {
    await rm(folder, { recursive: true, force: true });
    await database?.remove();
  });
}

async function openIn(
  folder: string,
  settings: Partial<CatalogueSettings>,
  remove: () => Promise<void>,
): Promise<ScratchCatalogue> {
  const file = join(folder, 'catalogue.sqlite');
  const defaults = { file, backupFolder: join(folder, 'backup'), clock: systemClock };
  const catalogue = await openCatalogue({ ...defaults, ...settings });
  return {
    ...catalogue,
    folder,
    file,
    postgres: settings.postgres,
    reopen: async (other = {}) => {
      await catalogue.close();
      return openIn(folder, { ...settings, ...other }, remove);
    },
    [Symbol.asyncDispose]: async () => {
      await catalogue.close();
      await remove();
    },
  };
}

/** Claims and activates. */
export async function addRecording(catalogue: Catalogue, facts: Partial<Recording> = {}): Promise<Recording> {
  const recording = someRecording(facts);
  await catalogue.recordings.claim(recording, { isDeduplicated: recording.kind === 'file' });
  return catalogue.recordings.activate(recording, null);
}
