import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CopiedCount, copyCatalogue, countCopied } from './catalogue/copy-catalogue.ts';
import { type Catalogue, openCatalogue } from './catalogue/open-catalogue.ts';
import { beginCopy, claimDatabase, endCopy } from './catalogue/store-claim.ts';
import type { DatabaseConfig } from './config/database-config.ts';
import { StorageConfig } from './config/storage-config.ts';
import { takeStoreLock } from './config/store-lock.ts';
import { claimStore } from './config/store-marker.ts';
import { syncFolder } from './durable/folder.ts';
import { openStoreCatalogue } from './join/catalogue.ts';
import { claimOf, postgresOf } from './join/store-claim.ts';
import { systemClock } from './model/clock.ts';
import { VoiceRecorderError } from './model/failure.ts';
import type { RebuildOptions } from './rebuild-store.ts';
import { NO_STORE } from './sessions/at-home.ts';

/** What copying a catalogue came to. */
export interface StoreCopy {
  /** Where it was copied from and to, without passwords. */
  readonly from: string;
  readonly to: string;
  readonly tables: readonly CopiedCount[];
  /** False: nothing was written. */
  readonly isCopied: boolean;
}

export interface CopyOptions extends RebuildOptions {
  /** As in `DATABASE_URL`. */
  readonly to: string;
  readonly isDryRun?: boolean;
}

/**
 * Copies the catalogue of a store into another database, which must be empty; stopped in between, the next call goes on.
 * The recordings stay where they are, and so does the present catalogue. Rejects with `copy-target-taken`,
 * `copy-differs`, `store-locked` while a server runs, `interrupted`, or as `openVoiceRecorder` for either database.
 */
export async function copyStore(options: CopyOptions): Promise<StoreCopy> {
  const config = StorageConfig.fromEnvironment(options.environment, options.overrides);
  const target = StorageConfig.describe(config.environment, {
    ...options.overrides,
    databaseUrl: options.to,
  }).database;
  const lock = await takeStoreLock(config.lockFile, systemClock, options.lockWaitMs ?? 0);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => lock.release());
  const { id } = claimStore(config, systemClock, false);
  requireOther(config.database, target);
  const source = await openStoreCatalogue(config, id, { clock: systemClock });
  opened.defer(() => source.close());
  await source.stores.requireAlone('copy');
  const ends = { from: config.database.url, to: target.url };
  if (options.isDryRun) return { ...ends, tables: await countCopied(source.contexts), isCopied: false };
  const tables =
    target.file === null
      ? await copyToPostgres(config, target, source, id, options)
      : await copyToFile(config, target.file, source, options);
  return { ...ends, tables, isCopied: true };
}

async function copyToPostgres(
  config: StorageConfig,
  target: DatabaseConfig,
  source: Catalogue,
  storeId: string,
  options: CopyOptions,
): Promise<readonly CopiedCount[]> {
  const copy = await openOn(config, target);
  try {
    const store = claimOf(config, target, storeId, systemClock);
    await beginCopy(copy.contexts, store);
    const tables = await copyInto(copy, source, storeId, options);
    await endCopy(copy.contexts);
    await claimDatabase(copy.contexts, store, async () => undefined);
    return tables;
  } finally {
    await copy.close();
  }
}

/** The copy grows under another name, and gets its own when it is whole. */
async function copyToFile(
  config: StorageConfig,
  file: string,
  source: Catalogue,
  options: CopyOptions,
): Promise<readonly CopiedCount[]> {
  if (existsSync(file)) throw taken(file);
  const growing = `${file}.copying`;
  const copy = await openCatalogue({
    file: growing,
    backupFolder: config.backupPath,
    clock: systemClock,
    readerCount: 1,
  });
  let tables: readonly CopiedCount[];
  try {
    tables = await copyInto(copy, source, NO_STORE, options);
    await copy.known.settleTags();
  } finally {
    await copy.close();
  }
  if (existsSync(file)) throw taken(file);
  await rename(growing, file);
  await syncFolder(dirname(file));
  for (const ending of ['-wal', '-shm']) await rm(`${growing}${ending}`, { force: true });
  return tables;
}

function copyInto(copy: Catalogue, source: Catalogue, storeId: string, { signal, onProgress }: CopyOptions) {
  return copyCatalogue({
    storeId,
    from: source.contexts,
    to: copy.contexts,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

function openOn(config: StorageConfig, database: DatabaseConfig): Promise<Catalogue> {
  const postgres = postgresOf(database);
  return openCatalogue({
    file: database.file ?? '',
    backupFolder: config.backupPath,
    clock: systemClock,
    ...(postgres ? { postgres } : {}),
  });
}

function requireOther(from: DatabaseConfig, to: DatabaseConfig): void {
  if (from.url !== to.url) return;
  throw new VoiceRecorderError(
    'invalid-input',
    `The catalogue is in ${from.url} already; name another database.`,
  );
}

function taken(file: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'copy-target-taken',
    `There is a file ${file} already; move it away, or name another one to copy the catalogue to.`,
  );
}
