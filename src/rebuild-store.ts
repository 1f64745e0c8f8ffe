import { lstat, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDiskBlobs } from './blobs/disk-blobs.ts';
import { openFileHasher } from './blobs/file-checksum.ts';
import { ONE_AT_A_TIME } from './catalogue/connect-catalogue.ts';
import { type Catalogue, openCatalogue } from './catalogue/open-catalogue.ts';
import { replaceCatalogue } from './catalogue/replace-catalogue.ts';
import { SidecarWriter } from './catalogue/sidecar-writer.ts';
import type { EnvironmentName } from './config/environments.ts';
import { StorageConfig, type StorageOverrides } from './config/storage-config.ts';
import { takeStoreLock } from './config/store-lock.ts';
import { claimStore } from './config/store-marker.ts';
import { newRecording } from './ingest/new-recording.ts';
import { putIntoPostgres, requireOwnSchema } from './join/rebuilt-postgres.ts';
import { openSharedCatalogue } from './join/shared-catalogue.ts';
import { postgresOf } from './join/store-claim.ts';
import { openMedia } from './media/open-media.ts';
import { systemClock, toIsoUtc } from './model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from './model/failure.ts';
import { type RebuildReport, rebuild } from './rebuild/rebuild.ts';

/** Which store is to be rebuilt, and who hears how far it is. */
export interface RebuildOptions {
  readonly environment?: EnvironmentName;
  readonly overrides?: StorageOverrides;
  /** How long a store held by another process is waited for. */
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly filesDone: number; readonly fileCount: number }) => void;
}

/** What a rebuild came to. */
export interface StoreRebuild extends RebuildReport {
  /** Where the catalogue that was there is now: a file, or a schema of the database. Null when there was none. */
  readonly keptFile: string | null;
}

/**
 * Makes the catalogue of a store anew from its files and sidecars. The new one grows beside the old one and takes its
 * place at the end, whole and checked; the old one is kept under another name. Stopped in between, it goes on with
 * the next call. A catalogue that is shared with other stores stays where it is: what is said here is entered there, in
 * the version that is higher. Rejects with `store-locked` while a server runs, `interrupted`, `disk-full` or
 * `storage-failed`, with PostgreSQL also with `catalogue-of-other-store` where others are in it and nothing is shared.
 */
export async function rebuildStore(options: RebuildOptions = {}): Promise<StoreRebuild> {
  const config = StorageConfig.fromEnvironment(options.environment, options.overrides);
  const lock = await takeStoreLock(config.lockFile, systemClock, options.lockWaitMs ?? 0);
  try {
    const { id } = claimStore(config, systemClock, false);
    await using shared = new AsyncDisposableStack();
    const living = await openSharedCatalogue(config, id);
    if (living) {
      shared.defer(() => living.close());
      return { ...(await enterFiles(config, living, options)), keptFile: null };
    }
    await requireOwnCatalogue(config, id);
    const growing = join(config.dataDir, 'catalogue-rebuild.sqlite');
    const report = await fill(config, growing, options);
    const keptFile = await swap(config, growing, {
      occasion: 'rebuild',
      storeId: id,
      signal: options.signal,
    });
    return { ...report, keptFile };
  } finally {
    lock.release();
  }
}

/** Fills the catalogue at `growing` with what files and sidecars say, and leaves a checked copy beside it. */
export async function fill(
  config: StorageConfig,
  growing: string,
  options: RebuildOptions,
): Promise<RebuildReport> {
  const catalogue = await openGrowing(config, growing);
  try {
    const report = await enterFiles(config, catalogue, options);
    await rm(freshOf(growing), { force: true });
    await catalogue.snapshot(freshOf(growing));
    return report;
  } finally {
    await catalogue.close();
  }
}

/** Enters what files and sidecars say, and writes the sidecars that are owed then. */
async function enterFiles(
  config: StorageConfig,
  catalogue: Catalogue,
  options: RebuildOptions,
): Promise<RebuildReport> {
  await using opened = new AsyncDisposableStack();
  const hasher = openFileHasher();
  opened.defer(() => hasher.close());
  const blobs = await openDiskBlobs({ root: config.dataDir, hasher });
  opened.defer(() => blobs.close());
  const media = openMedia();
  opened.defer(() => media.close());
  const sidecars = new SidecarWriter({
    outbox: catalogue.outbox,
    putDocument: (key, content) => blobs.putDocument(key, content),
  });
  opened.defer(() => sidecars.close());
  const report = await rebuild({
    dataDir: config.dataDir,
    known: catalogue.known,
    clock: systemClock,
    probe: (path, filename, signal) => media.probe(path, filename, signal),
    hashFile: (path, signal) => hasher.hashFile(path, signal),
    describe: newRecording,
    place: (key, sourcePath, expected) => blobs.place(key, sourcePath, expected),
    quarantine: (key, reason) => blobs.quarantine(key, reason),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
  await sidecars.drain();
  return report;
}

/** Before hours of work: whether its end may take the catalogue's place. */
export async function requireOwnCatalogue(config: StorageConfig, storeId: string): Promise<void> {
  const postgres = postgresOf(config.database);
  if (postgres) await requireOwnSchema(config, postgres, storeId);
}

/** Puts the copy that {@link fill} left into the catalogue's place. Resolves to where the old one is now. */
export async function swap(
  config: StorageConfig,
  growing: string,
  how: {
    readonly occasion: 'rebuild' | 'restore';
    readonly storeId: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<string | null> {
  const postgres = postgresOf(config.database);
  if (postgres) {
    const kept = await putIntoPostgres(config, postgres, how.storeId, freshOf(growing), how);
    await removeGrowing(freshOf(growing));
    await removeGrowing(growing);
    return kept;
  }
  const stamp = toIsoUtc(systemClock.nowMs()).replace(/[-:]|\.\d+/g, '');
  const kept = join(config.dataDir, `catalogue-before-${how.occasion}-${stamp}.sqlite`);
  const wasThere = await replaceCatalogue(config.catalogueFile, freshOf(growing), kept);
  await removeGrowing(growing);
  return wasThere ? kept : null;
}

function freshOf(growing: string): string {
  return growing.replace(/\.sqlite$/, '-done.sqlite');
}

/** What an earlier rebuild left is gone on with, unless it is no usable database. */
async function openGrowing(config: StorageConfig, file: string): Promise<Catalogue> {
  const settings = { file, backupFolder: config.backupPath, clock: systemClock, ...ONE_AT_A_TIME };
  try {
    return await openCatalogue(settings);
  } catch (error) {
    const code = failureCodeOf(error);
    if (code !== 'catalogue-damaged' && code !== 'catalogue-too-new') throw error;
    await removeGrowing(file);
    return await openCatalogue(settings);
  }
}

export async function removeGrowing(file: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm']) await rm(`${file}${ending}`, { force: true });
}

/**
 * Refuses to begin an empty library over recordings whose catalogue is gone. Rejects with `catalogue-missing`.
 */
export async function requireCatalogue(
  config: Pick<StorageConfig, 'catalogueFile' | 'rawRecordingsPath' | 'editedRecordingsPath'>,
): Promise<void> {
  const found = await lstat(config.catalogueFile).catch(() => undefined);
  if (found !== undefined && found.size > 0) return;
  if (!(await hasRecordingFiles(config))) return;
  throw new VoiceRecorderError(
    'catalogue-missing',
    `The catalogue ${config.catalogueFile} is gone, but the recordings are there: "vrp rebuild" makes it anew from them, ` +
      '"vrp restore-backup" puts back the last snapshot.',
  );
}

export async function hasRecordingFiles(
  config: Pick<StorageConfig, 'rawRecordingsPath' | 'editedRecordingsPath'>,
): Promise<boolean> {
  return (await hasFiles(config.rawRecordingsPath)) || (await hasFiles(config.editedRecordingsPath));
}

async function hasFiles(folder: string): Promise<boolean> {
  for await (const entry of await opendir(folder)) {
    if (entry.isFile() && !entry.name.startsWith('.')) return true;
    if (entry.isDirectory() && (await hasFiles(join(folder, entry.name)))) return true;
  }
  return false;
}
