import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabases, openPostgres, type ScratchSchema, type TestDatabase } from '../../test/databases.ts';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { COPIED_TABLES } from '../catalogue/copied-tables.ts';
import { openCatalogue } from '../catalogue/open-catalogue.ts';
import { DatabaseJobQueue } from '../jobs/database-job-queue.ts';
import { systemClock } from '../model/clock.ts';
import { newId } from '../model/id.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/* Each migration fails once half-way and once at its very end, in a database that holds something. */

type Row = Readonly<Record<string, unknown>>;
const TITLE = 'Straße nach Zürich';

type Value = string | number | null;

/** A database as it lies there, past everything of ours. */
interface BareDatabase {
  /** All that is said of the schema, and all rows of all tables. */
  everything(): Promise<unknown>;
  columnsOf(table: string): Promise<readonly string[]>;
  insert(table: string, row: Row): Promise<void>;
  close(): Promise<void>;
}

const databases = await openDatabases();
/** What a catalogue of today holds in each table: what an older one held is a part of it. */
let content: ReadonlyMap<string, readonly Row[]>;

beforeAll(async () => {
  content = await todaysContent();
});

describe.each(databases)('a migration on $name that fails', (database) => {
  it.skipIf(database.skipReason)(
    'leaves schema and rows as they were and goes through the next time, each of them',
    async () => {
      const home = await mkdtemp(join(tmpdir(), 'vrp-migrations-'));
      const schema = await newPlace(database);
      const file = join(home, 'catalogue.sqlite');
      const open = (migrations: readonly Migration[]) =>
        openCatalogue({
          file,
          backupFolder: join(home, 'backup'),
          clock: systemClock,
          migrations,
          contextConfig: { retries: 0 },
          ...(schema ? { postgres: schema.settings } : {}),
        });
      const filled = new Set<string>();
      const bare = schema ? await bareSchema(schema) : bareFile(file);
      try {
        for (const [index, migration] of MIGRATIONS.entries()) {
          const before = MIGRATIONS.slice(0, index);
          const was = await bare.everything();
          for (const broken of brokenOnes(migration)) {
            await expect(open([...before, broken])).rejects.toMatchObject({
              message: expect.stringContaining('no_such_table'),
            });
            expect(await bare.everything()).toEqual(was);
            expect(await unfinishedCopies(home, migration)).toEqual([]);
          }
          await (await open([...before, migration])).close();
          expect(await bare.everything()).not.toEqual(was);
          await fill(bare, filled);
        }
        const catalogue = await open(MIGRATIONS);
        const recordings = [];
        for await (const recording of catalogue.recordings.streamAll()) recordings.push(recording.title);
        await catalogue.close();
        expect(recordings).toEqual([TITLE]);
      } finally {
        await bare.close();
        await schema?.remove();
        await rm(home, { recursive: true, force: true });
      }
    },
  );
});

/** The migration as it would be if the statement after its half, or after its last one, failed. */
function brokenOnes(migration: Migration): Migration[] {
  const failing = 'SELECT * FROM no_such_table';
  const cut = (statements: readonly string[], share: number) => [
    ...statements.slice(0, Math.ceil(statements.length * share)),
    failing,
  ];
  return [0.5, 1].map((share) => ({
    ...migration,
    sqlite: cut(migration.sqlite, share),
    postgres: cut(migration.postgres, share),
  }));
}

/** Copies for a migration that did not come about: of no use, and as large as the catalogue with each start. */
async function unfinishedCopies(home: string, { number }: Migration): Promise<string[]> {
  const names = await readdir(join(home, 'backup')).catch(() => []);
  return names.filter((name) => name.startsWith(`before-${number}-`));
}

/** Into each table that is there and was not filled yet, what a catalogue of today would hold in these columns. */
async function fill(bare: BareDatabase, filled: Set<string>): Promise<void> {
  for (const [table, rows] of content) {
    const columns = filled.has(table) ? [] : await bare.columnsOf(table);
    if (columns.length === 0) continue;
    filled.add(table);
    for (const row of rows) {
      await bare.insert(
        table,
        Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))),
      );
    }
  }
}

async function todaysContent(): Promise<ReadonlyMap<string, readonly Row[]>> {
  await using catalogue = await scratchCatalogue({}, databases[0]);
  const { contexts, recordings, access, tombstones, verification } = catalogue;
  const [at, hash] = [new Date().toISOString(), 'b'.repeat(64)];
  await tombstones.bury((await addRecording(catalogue)).id);
  const shown = { title: TITLE, tags: ['Reise'], collections: ['Europa'], notes: 'über Bern' };
  const { id, storedFilename, checksum } = await addRecording(catalogue, {
    ...shown,
    warnings: [{ code: 'truncated', message: 'It ends early.' }],
  });
  await recordings.amend(id, { notes: 'über Bern und Olten' });
  await recordings.addAlias(
    id,
    { title: 'Alias', filename: 'alias.wav', tags: [], notes: '', recordedAt: null, addedAt: at },
    { uploadId: newId(0), recordingId: id, checksum, sizeBytes: 1, isDuplicate: true, completedAt: at },
  );
  const fault = { result: 'unreadable' as const, found: null, message: 'It cannot be read.' };
  await verification.enter([{ id, storedFilename, expected: checksum, checkedAt: at, ...fault }]);
  await access.addToken({ name: 'archive', role: 'edit', tokenHash: hash, createdAt: at, lastUsedAt: null });
  await access.addSession({
    ...{ secretHash: hash, actorName: 'archive', role: 'edit' },
    ...{ createdAt: at, lastUsedAt: at, expiresAt: at },
  });
  await new DatabaseJobQueue(contexts, { clock: systemClock, holder: 'test' }).enqueue({
    kind: 'a',
    payload: {},
  });
  return await contexts.withSession({ readonly: true }, async (db) => {
    const found = new Map<string, readonly Row[]>();
    for (const { name, without = [] } of COPIED_TABLES) {
      const rows: Row[] = await db.selectFrom(name).selectAll().execute();
      found.set(
        name,
        rows.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([column]) => !without.includes(column))),
        ),
      );
    }
    found.set('recording_tags', await db.selectFrom('recording_tags').selectAll().execute());
    const words = {
      title: 'strasse nach zurich',
      tags: 'reise',
      notes: 'uber bern',
      filename: 'a wav',
      shelf: 'library',
    };
    return found.set('recording_search', [{ rowid: found.get('recordings')?.[0]?.['row_key'], ...words }]);
  });
}

async function newPlace(database: TestDatabase): Promise<ScratchSchema | undefined> {
  return database.name === 'PostgreSQL' ? await (await openPostgres()).create({ isNew: true }) : undefined;
}

function bareFile(file: string): BareDatabase {
  const on = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(file);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const everything = () =>
    on((database) => {
      const schema = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
      const version = database.prepare('PRAGMA user_version').get();
      const tables = schema.filter(
        ({ type, sql }) => type === 'table' && !/^CREATE VIRTUAL/.test(String(sql)),
      );
      return {
        schema,
        version,
        rows: tables.map(({ name }) => database.prepare(`SELECT * FROM "${name}"`).all()),
      };
    });
  return {
    everything: async () => everything(),
    columnsOf: async (table) => {
      const rows = on((database) => database.prepare(`PRAGMA table_info("${table}")`).all());
      return rows.length === 0 ? [] : ['rowid', ...rows.map(({ name }) => String(name))];
    },
    insert: async (table, row) =>
      on(
        (database) =>
          void database.prepare(insertText(table, row, () => '?')).run(...(Object.values(row) as Value[])),
      ),
    close: () => Promise.resolve(),
  };
}

async function bareSchema({ settings }: ScratchSchema): Promise<BareDatabase> {
  const client = new pg.Client({ ...settings });
  await client.connect();
  await client.query(`SET search_path TO ${pg.escapeIdentifier(settings.schema)}`);
  const rowsOf = async (text: string, values: readonly unknown[] = [settings.schema]) =>
    (await client.query<Row>(text, [...values])).rows;
  return {
    everything: async () => {
      const schema = await rowsOf(DESCRIPTION);
      const tables = await rowsOf('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1');
      const rows = [];
      for (const { name } of tables) rows.push(name, await rowsOf(`TABLE "${String(name)}"`, []));
      return { schema, rows };
    },
    columnsOf: async (table) => {
      const rows = await rowsOf(
        'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2',
        [settings.schema, table],
      );
      return rows.map(({ name }) => String(name));
    },
    insert: async (table, row) => {
      await rowsOf(
        insertText(table, row, (index) => `$${index + 1}`),
        Object.values(row),
      );
    },
    close: () => client.end(),
  };
}

function insertText(table: string, row: Row, mark: (index: number) => string): string {
  const columns = Object.keys(row);
  return `INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${columns.map((_, index) => mark(index)).join(', ')})`;
}

const DESCRIPTION = `SELECT table_name::text AS place, column_name::text AS name, data_type::text AS kind,
      column_default AS more FROM information_schema.columns WHERE table_schema = $1
  UNION ALL SELECT 'index', indexdef, '', NULL FROM pg_indexes WHERE schemaname = $1
  UNION ALL SELECT 'trigger', trigger_name::text, event_object_table::text, event_manipulation::text
    FROM information_schema.triggers WHERE trigger_schema = $1
  UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid), NULL FROM pg_constraint
    WHERE connamespace = to_regnamespace($1)
  UNION ALL SELECT 'function', proname::text, prosrc, NULL FROM pg_proc WHERE pronamespace = to_regnamespace($1)
  ORDER BY 1, 2, 3, 4`;
