import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalogue, type CatalogueSettings, openCatalogue } from '../src/catalogue/open-catalogue.ts';
import { NO_TAGS } from '../src/model/audio-facts.ts';
import { systemClock } from '../src/model/clock.ts';
import { newId } from '../src/model/id.ts';
import type { Recording } from '../src/model/recording.ts';

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

/** A recording as ingest hands it over; each one has bytes of its own. */
export function someRecording(facts: Partial<Recording> = {}): Recording {
  const createdAt = facts.createdAt ?? new Date().toISOString();
  const id = facts.id ?? newId(Date.parse(createdAt));
  return {
    id,
    kind: 'file',
    title: 'Interview',
    filename: 'interview.wav',
    storedFilename: `raw/2026/11/${id}.wav`,
    filesizeBytes: 1_000,
    checksum: id.replaceAll('-', '').padEnd(64, '0'),
    audioChecksum: null,
    audioChecksumMethod: null,
    mimeType: 'audio/wav',
    container: 'wav',
    codec: 'pcm_s16le',
    duration: 12.5,
    sampleRateHz: 48_000,
    channels: 1,
    bitDepth: 16,
    bitRateBps: 768_000,
    isPlayable: true,
    tags: [],
    notes: '',
    markers: [],
    timeline: [],
    collections: [],
    aliases: [],
    embedded: NO_TAGS,
    loudness: null,
    silenceShare: null,
    warnings: [],
    status: 'placing',
    version: 1,
    createdAt,
    modifiedAt: createdAt,
    trashedAt: null,
    recordedAt: null,
    recordedAtSource: null,
    recordedAtZone: null,
    preset: null,
    takeId: null,
    segment: null,
    gapBefore: null,
    parentIds: [],
    parentId: null,
    lastVerifiedAt: null,
    sync: [],
    ...facts,
  };
}

/** Claims and activates. */
export async function addRecording(catalogue: Catalogue, facts: Partial<Recording> = {}): Promise<Recording> {
  const recording = someRecording(facts);
  await catalogue.recordings.claim(recording, { isDeduplicated: recording.kind === 'file' });
  return catalogue.recordings.activate(recording, null);
}
