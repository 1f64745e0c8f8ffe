import pg from 'pg';
import { clientSettings, type PostgresSettings, placeName } from './connection-settings.ts';
import { toFailure } from './postgres-failure.ts';

// Longer names are cut off by PostgreSQL.
const LONGEST_NAME = 63;

/** The schema beside that of `settings` under which another catalogue of the same store grows. */
export function growingSchema({ schema }: PostgresSettings, storeId: string): string {
  return withEnding(schema, `_new_${storeId.slice(-8)}`);
}

/** The ids of the stores whose catalogue is in the schema; none where there is none. Rejects as a session does. */
export async function readOwners(settings: PostgresSettings): Promise<readonly string[]> {
  return await onClient(settings, async (client) => {
    const stores = `${pg.escapeIdentifier(settings.schema)}.stores`;
    const found = await client.query<{ is: boolean }>('SELECT to_regclass($1) IS NOT NULL AS is', [stores]);
    if (found.rows[0]?.is !== true) return [];
    return (await client.query<{ id: string }>(`SELECT id FROM ${stores}`)).rows.map(({ id }) => id);
  });
}

/** Removes a catalogue that never became one: what a stopped attempt left in a growing schema. */
export async function dropSchema(settings: PostgresSettings): Promise<void> {
  await onClient(settings, (client) =>
    client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(settings.schema)} CASCADE`),
  );
}

/**
 * Puts the schema `growing` into the place of that of `settings`, in one transaction. What was there keeps its tables
 * under another name, which is resolved to; null when there was nothing.
 */
export async function replaceSchema(
  settings: PostgresSettings,
  growing: string,
  stamp: string,
): Promise<string | null> {
  const { schema } = settings;
  const kept = withEnding(schema, `_b${stamp.toLowerCase()}`);
  const [now, next, before] = [schema, growing, kept].map((name) => pg.escapeIdentifier(name));
  return await onClient(settings, async (client) => {
    const { rows } = await client.query<{ is: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS is', [
      now,
    ]);
    const isThere = rows[0]?.is === true;
    const keep = isThere ? `ALTER SCHEMA ${now} RENAME TO ${before};` : '';
    await client.query(`BEGIN; ${keep} ALTER SCHEMA ${next} RENAME TO ${now}; COMMIT`);
    return isThere ? kept : null;
  });
}

function withEnding(schema: string, ending: string): string {
  return schema.slice(0, LONGEST_NAME - ending.length) + ending;
}

async function onClient<T>(settings: PostgresSettings, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(clientSettings(settings));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw toFailure(error, placeName(settings), false);
  } finally {
    await client.end().catch(() => undefined);
  }
}
