import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalogue, type CatalogueSettings, openCatalogue } from '../src/catalogue/open-catalogue.ts';
import { systemClock } from '../src/model/clock.ts';
import type { Recording } from '../src/model/recording.ts';
import { someRecording } from './some-recording.ts';

/** A catalogue in a folder of its own; `await using` removes both. */
export interface ScratchCatalogue extends Catalogue, AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  /** Closes it and opens the same file again. */
  reopen(settings?: Partial<CatalogueSettings>): Promise<ScratchCatalogue>;
}

export async function scratchCatalogue(settings: Partial<CatalogueSettings> = {}): Promise<ScratchCatalogue> {
  return openIn(await mkdtemp(join(tmpdir(), 'vrp-catalogue-')), settings);
}

async function openIn(folder: string, settings: Partial<CatalogueSettings>): Promise<ScratchCatalogue> {
  const file = join(folder, 'catalogue.sqlite');
  const defaults = { file, backupFolder: join(folder, 'backup'), clock: systemClock };
  const catalogue = await openCatalogue({ ...defaults, ...settings });
  return {
    ...catalogue,
    folder,
    file,
    reopen: async (other = {}) => {
      await catalogue.close();
      return openIn(folder, { ...settings, ...other });
    },
    [Symbol.asyncDispose]: async () => {
      await catalogue.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Claims and activates. */
export async function addRecording(catalogue: Catalogue, facts: Partial<Recording> = {}): Promise<Recording> {
  const recording = someRecording(facts);
  await catalogue.recordings.claim(recording, { isDeduplicated: recording.kind === 'file' });
  return catalogue.recordings.activate(recording, null);
}
