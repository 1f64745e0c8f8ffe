import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import type { CatalogueSettings } from '../src/catalogue/open-catalogue.ts';
import type { PostgresSettings } from '../src/database/postgres/connection-settings.ts';
import { settingsFor } from './postgres-server.ts';
import { type ScratchCatalogue, scratchCatalogue } from './scratch-catalogue.ts';

/** A kind of database for tests of what must be the same on all of them. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** Why nothing can be tested on it here; null where it can. */
  readonly skipReason: string | null;
  /** A catalogue of its own; `await using` removes it. */
  scratchCatalogue(settings?: Partial<CatalogueSettings>): Promise<ScratchCatalogue>;
}

const sqlite: TestDatabase = {
  name: 'SQLite',
  skipReason: null,
  scratchCatalogue: (settings) => scratchCatalogue(settings),
};

/**
 * The databases that repositories run on, for `describe.each`. Where no PostgreSQL server can be had its half is there
 * all the same, to be skipped with its reason: `describe.skipIf(database.skipReason)`.
 */
export async function openDatabases(): Promise<readonly TestDatabase[]> {
  return [sqlite, await openPostgres()];
}

/** The server that all tests of this run share. */
export async function openPostgres(): Promise<TestDatabase> {
  const answer = await askForServer();
  return {
    name: 'PostgreSQL',
    skipReason: answer.reason ?? null,
    async scratchCatalogue(settings = {}) {
      const postgres = scratchSchema(answer.port ?? 0);
      const catalogue = await scratchCatalogue({ postgres, ...settings });
      return {
        ...catalogue,
        [Symbol.asyncDispose]: async () => {
          await catalogue[Symbol.asyncDispose]();
          await dropSchema(postgres);
        },
      };
    },
  };
}

/** A schema that nobody has used. */
export function scratchSchema(port: number): PostgresSettings {
  return settingsFor(port, `test_${randomBytes(8).toString('hex')}`);
}

export async function dropSchema(settings: PostgresSettings): Promise<void> {
  const client = new pg.Client({ ...settings });
  await client.connect();
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(settings.schema)} CASCADE`);
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
