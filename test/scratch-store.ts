import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type DiskBlobs, openDiskBlobs } from '../src/blobs/disk-blobs.ts';
import { openFileHasher } from '../src/blobs/file-checksum.ts';
import { type Catalogue, openCatalogue } from '../src/catalogue/open-catalogue.ts';
import type { ImportDesk } from '../src/ingest/ingest-desk.ts';
import { adoptRecovered, ingestSpooled } from '../src/ingest/ingest-spooled.ts';
import { Turns } from '../src/ingest/turns.ts';
import type { Media } from '../src/media/media.ts';
import { systemClock } from '../src/model/clock.ts';
import type { Recording } from '../src/model/recording.ts';
import { openUploads } from '../src/record/open-uploads.ts';
import { readAdoptedAs } from '../src/record/upload-info.ts';
import type { UploadSpool } from '../src/record/uploads-desk.ts';

/** A store of its own, joined from the real rooms: disk, catalogue and spool. */
export interface ScratchStore extends AsyncDisposable {
  readonly root: string;
  /** A folder beside the store, for files to be imported. */
  readonly inbox: string;
  readonly desk: ImportDesk;
  readonly blobs: DiskBlobs;
  readonly catalogue: Catalogue;
  readonly uploads: UploadSpool;
  readonly heard: { readonly kind: 'added' | 'changed'; readonly recording: Recording }[];
  all(): Promise<Recording[]>;
  /** Paths of all files below a folder of the store, sorted. */
  files(folder: string): Promise<string[]>;
  /** Closes what is open and opens the same store anew, as a next process would. */
  reopen(): Promise<ScratchStore>;
}

export async function scratchStore(media: Media, overrides: Partial<ImportDesk> = {}): Promise<ScratchStore> {
  return openStoreIn(await mkdtemp(join(tmpdir(), 'vrp-store-')), media, overrides);
}

/** The store in `home/store`, made when it is not there, with `home/inbox` beside it. Disposing it removes both. */
export async function openStoreIn(
  home: string,
  media: Media,
  overrides: Partial<ImportDesk> = {},
): Promise<ScratchStore> {
  await Promise.all(
    ['store/spool', 'store/backup', 'inbox'].map((name) => mkdir(join(home, name), { recursive: true })),
  );
  return openIn(home, media, overrides);
}

async function openIn(home: string, media: Media, overrides: Partial<ImportDesk>): Promise<ScratchStore> {
  const root = join(home, 'store');
  const spoolPath = join(root, 'spool');
  const clock = systemClock;
  const catalogue = await openCatalogue({
    file: join(root, 'catalogue.sqlite'),
    backupFolder: join(root, 'backup'),
    clock,
  });
  const hasher = openFileHasher();
  const blobs = await openDiskBlobs({ root, hasher });
  const heard: ScratchStore['heard'] = [];
  const uploads = await openUploads({
    spoolPath,
    clock,
    maxFileBytes: null,
    complete: (spooled) => ingestSpooled(desk, spooled),
    findReceipt: (id) => catalogue.recordings.findReceipt(id),
    adoptRecovered: (spooled, id) => adoptRecovered(desk, spooled, id),
    freeBytes: () => desk.usableBytes(),
  });
  const desk: ImportDesk = {
    blobs,
    media,
    recordings: catalogue.recordings,
    clock,
    turns: new Turns(),
    spoolPath,
    dataDir: root,
    maxFileBytes: null,
    findSuperseded: (uploadId) => readAdoptedAs(spoolPath, uploadId),
    hashFile: (path, signal) => hasher.hashFile(path, signal),
    localPath: (key) => blobs.localPath(key),
    usableBytes: () => Promise.resolve(1e12),
    copyIn: (path, wish, options) => uploads.copyIn(path, wish, options),
    discardSpooled: (id) => uploads.discardSpooled(id),
    onAdded: (recording) => heard.push({ kind: 'added', recording }),
    onChanged: (recording) => heard.push({ kind: 'changed', recording }),
    ...overrides,
  };
  const close = async () => {
    await uploads.close();
    await blobs.close();
    await hasher.close();
    await catalogue.close();
  };
  return {
    root,
    inbox: join(home, 'inbox'),
    desk,
    blobs,
    catalogue,
    uploads,
    heard,
    all: async () => {
      const found: Recording[] = [];
      for await (const recording of catalogue.recordings.streamAll()) found.push(recording);
      return found;
    },
    files: (folder) => filesBelow(root, folder),
    reopen: async () => {
      await close();
      return openIn(home, media, overrides);
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}
