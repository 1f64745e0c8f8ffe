import { ONE_AT_A_TIME } from '../catalogue/connect-catalogue.ts';
import { copyCatalogue } from '../catalogue/copy-catalogue.ts';
import { openCatalogue } from '../catalogue/open-catalogue.ts';
import { beginCopy, endCopy } from '../catalogue/store-claim.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { PostgresSettings } from '../database/postgres/connection-settings.ts';
import { systemClock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { claimOf } from './store-claim.ts';

/**
 * Refuses what would put a catalogue of this store alone into the place of one in which others are. Rejects with
 * `catalogue-of-other-store`, or as a session does.
 */
export async function requireOwnSchema(
  config: StorageConfig,
  postgres: PostgresSettings,
  storeId: string,
): Promise<void> {
  const { readOwners } = await import('../database/postgres/replace-schema.ts');
  const others = (await readOwners(postgres)).filter((id) => id !== storeId);
  if (others.length === 0) return;
  throw new VoiceRecorderError(
    'catalogue-of-other-store',
    `The catalogue in ${config.database.url} is also that of other stores (${others.join(', ')}), of which the files here tell ` +
      'nothing. Bring it back with pg_restore, or name a schema (VRP_DATABASE_SCHEMA) of its own for this one.',
  );
}

/**
 * Puts the catalogue in the SQLite file `file` into the place of the one in PostgreSQL: it grows in a schema of its own,
 * is compared row by row, and takes the other one's name. Resolves to where that one is now; null when there was none.
 */
export async function putIntoPostgres(
  config: StorageConfig,
  postgres: PostgresSettings,
  storeId: string,
  file: string,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<string | null> {
  const { dropSchema, growingSchema, replaceSchema } = await import('../database/postgres/replace-schema.ts');
  const growing = { ...postgres, schema: growingSchema(postgres, storeId) };
  await dropSchema(growing);
  await using opened = new AsyncDisposableStack();
  const settings = { backupFolder: config.backupPath, clock: systemClock };
  const from = await openCatalogue({ ...settings, file, ...ONE_AT_A_TIME });
  opened.defer(() => from.close());
  const to = await openCatalogue({ ...settings, file: '', postgres: growing });
  opened.defer(() => to.close());
  await beginCopy(to.contexts, claimOf(config, config.database, storeId, systemClock));
  await copyCatalogue({ from: from.contexts, to: to.contexts, storeId, ...(signal ? { signal } : {}) });
  await to.known.settleTags();
  await endCopy(to.contexts);
  await to.close();
  await requireOwnSchema(config, postgres, storeId);
  const stamp = toIsoUtc(systemClock.nowMs()).replace(/[-:]|\.\d+/g, '');
  const kept = await replaceSchema(postgres, growing.schema, stamp);
  return kept === null ? null : `schema ${kept} of ${config.database.url}`;
}
