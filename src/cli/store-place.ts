import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageConfig, type StorageOverrides } from '../config/storage-config.ts';
import { readMarker, seenStoreId } from '../config/store-marker.ts';
import type { Cli, StoreChoice } from './cli.ts';

export interface KnownStore {
  readonly dataDir: string;
  readonly stateDir: string;
  readonly lockFile: string;
  /** Undefined when there is no store yet. */
  readonly storeId: string | undefined;
  /** Of the store that was last opened at this path. */
  readonly seenId: string | undefined;
}

/** Where the store lies and which one it is, without opening it or making anything. */
export function describeStore(cli: Cli): KnownStore {
  const config = StorageConfig.describe(cli.store.environment, overridesOf(cli.store), cli.env);
  return {
    dataDir: config.dataDir,
    stateDir: config.stateDir,
    lockFile: config.lockFile,
    storeId: readMarker(config)?.id,
    seenId: seenStoreId(config),
  };
}

export function overridesOf(store: StoreChoice): StorageOverrides {
  return store.dataDir === undefined ? {} : { dataDir: store.dataDir };
}

/** The owner's token that a server left in the state folder (0600) at its first start; undefined before that. */
export async function readOwnerToken(stateDir: string, storeId: string): Promise<string | undefined> {
  try {
    const token = (await readFile(join(stateDir, 'stores', storeId, 'owner-token'), 'utf8')).trim();
    return token === '' ? undefined : token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
