import { constants } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { snapshotTimeMs } from './backup/snapshot-rotation.ts';
import { StorageConfig } from './config/storage-config.ts';
import { takeStoreLock } from './config/store-lock.ts';
import { claimStore } from './config/store-marker.ts';
import { checkSnapshot } from './database/check-snapshot.ts';
import { systemClock } from './model/clock.ts';
import { VoiceRecorderError } from './model/failure.ts';
import {
  fill,
  type RebuildOptions,
  removeGrowing,
  requireOwnCatalogue,
  type StoreRebuild,
  swap,
} from './rebuild-store.ts';

/** What restoring a snapshot came to. */
export interface StoreRestore extends StoreRebuild {
  /** The snapshot that was restored. */
  readonly file: string;
}

/**
 * Puts a snapshot into the catalogue's place, the newest one of `backup/` when no file is named. What sidecars know
 * better is taken from them first, so that nothing is lost that came after the snapshot. The catalogue that was there
 * is kept under another name. Rejects with `file-missing`, `catalogue-damaged` or `catalogue-too-new` when the
 * snapshot cannot be used (nothing is changed then), `store-locked` while a server runs, `interrupted` or `disk-full`, and
 * as `rebuildStore` does with PostgreSQL.
 */
export async function restoreStore(
  options: RebuildOptions & { readonly file?: string } = {},
): Promise<StoreRestore> {
  const config = StorageConfig.fromEnvironment(options.environment, options.overrides);
  const lock = await takeStoreLock(config.lockFile, systemClock, options.lockWaitMs ?? 0);
  try {
    const { id } = claimStore(config, systemClock, false);
    await requireOwnCatalogue(config, id);
    const file = options.file ?? (await newestSnapshot(config.backupPath));
    await checkSnapshot(file);
    const growing = join(config.dataDir, 'catalogue-restore.sqlite');
    await removeGrowing(growing);
    await copyFile(file, growing, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const report = await fill(config, growing, options);
    const keptFile = await swap(config, growing, {
      occasion: 'restore',
      storeId: id,
      signal: options.signal,
    });
    return { ...report, file, keptFile };
  } finally {
    lock.release();
  }
}

/** The newest one that passes its check: a damaged one must not stand in the way of those before it. */
async function newestSnapshot(folder: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => snapshotTimeMs(name) !== undefined);
  let fault: unknown;
  for (const name of names.sort().reverse()) {
    const file = join(folder, name);
    try {
      await checkSnapshot(file);
      return file;
    } catch (error) {
      fault ??= error;
    }
  }
  throw (
    fault ??
    new VoiceRecorderError(
      'file-missing',
      `There is no snapshot in ${folder}: "vrp backup" makes one, "vrp rebuild" needs none.`,
    )
  );
}
