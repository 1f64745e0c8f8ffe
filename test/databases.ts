import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import type { CatalogueSettings } from '../src/catalogue/open-catalogue.ts';
import { MIGRATIONS } from '../src/database/migrations/index.ts';
import type { PostgresSettings } from '../src/database/postgres/connection-settings.ts';
import { settingsFor } from './postgres-server.ts';
import { type ScratchCatalogue, scratchCatalogue } from './scratch-catalogue.ts';

/** A kind of database for tests of what must be the same on all of them. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** Why nothing can be tested on it here; undefined where it can. */
  readonly skipReason: string | undefined;
  /** A place of its own for one catalogue; undefined: a file of its own will do. */
  create(): Promise<ScratchSchema | undefined>;
  /** A catalogue of its own; `await using` removes it. */
  scratchCatalogue(settings?: Partial<CatalogueSettings>): Promise<ScratchCatalogue>;
}

const sqlite: TestDatabase = {
  name: 'SQLite',
  skipReason: undefined,
  create: () => Promise.resolve(undefined),
  scratchCatalogue: (settings) => scratchCatalogue(settings, sqlite),
};

/**
 * The databases that repositories run on, for `describe.each`. Where no PostgreSQL server can be had its half is there
 * all the same, to be skipped with its reason: `it.skipIf(skipReason)`. Suites that are the same on all of them are run
 * once more by test/postgres/repositories.test.ts instead.
 */
export async function openDatabases(): Promise<readonly TestDatabase[]> {
  return [sqlite, await openPostgres()];
}

export interface PostgresDatabase extends TestDatabase {
  /** `isNew`: without any table. */
  create(options?: { readonly isNew?: boolean }): Promise<ScratchSchema>;
}

/** A schema that nobody has used. */
export interface ScratchSchema {
  readonly settings: PostgresSettings;
  remove(): Promise<void>;
}

/** The PostgreSQL server that all tests of this run share, or what stands before it at `through`. */
export async function openPostgres(through?: number): Promise<PostgresDatabase> {
  const { port: ownPort = 0, reason } = await askForServer();
  const port = through ?? ownPort;
  const emptied: PostgresSettings[] = [];
  const database = {
    name: 'PostgreSQL' as const,
    skipReason: reason,
    create: ({ isNew = false } = {}) => {
      const settings =
        (isNew ? undefined : emptied.pop()) ?? settingsFor(port, `test_${randomBytes(8).toString('hex')}`);
      const remove = async () => {
        if (await emptySchema(settings)) emptied.push(settings);
      };
      return Promise.resolve({ settings, remove });
    },
    scratchCatalogue: (settings?: Partial<CatalogueSettings>) => scratchCatalogue(settings, database),
  };
  return database;
}

const NEWEST = MIGRATIONS.at(-1)?.number ?? 0;

/** Making the tables takes longer than most tests: they are emptied and used again, unless they are of an older schema. */
async function emptySchema(settings: PostgresSettings): Promise<boolean> {
  const client = new pg.Client({ ...settings });
  await client.connect();
  const { schema } = settings;
  try {
    const found = await client.query<{ newest: number }>(
      `SELECT max(number) AS newest FROM ${pg.escapeIdentifier(schema)}.migrations`,
    );
    if (found.rows[0]?.newest !== NEWEST) throw new Error('It is of an older schema.');
    await client.query(`DO $$ DECLARE name text; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' AND tablename <> 'migrations' LOOP
        EXECUTE format('DELETE FROM %I.%I', '${schema}', name);
      END LOOP; END $$`);
    return true;
  } catch {
    await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
    return false;
  } finally {
    await client.end();
  }
}

function askForServer(): Promise<{ readonly port?: number; readonly reason?: string }> {
  const path = process.env['VRP_TEST_POSTGRES'];
  if (path === undefined) return Promise.resolve({ reason: 'this run offers no PostgreSQL server' });
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => resolve(JSON.parse(text) as { port?: number; reason?: string }));
    socket.on('error', reject);
  });
}
