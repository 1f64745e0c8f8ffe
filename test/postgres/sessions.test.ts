import { AsyncResource } from 'node:async_hooks';
import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import { DatabaseContextManager } from '../../src/database/database-context-manager.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import type { Migration } from '../../src/database/migrations/migration.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { PostgresSessions } from '../../src/database/postgres/postgres-sessions.ts';
import { systemClock } from '../../src/model/clock.ts';
import { VoiceRecorderError } from '../../src/model/failure.ts';
import { openPostgres } from '../databases.ts';
import { TEST_PASSWORD } from '../postgres-server.ts';
import { addRecording, scratchCatalogue } from '../scratch-catalogue.ts';

const postgres = await openPostgres();
// Made outside of every session.
const outOfSession = new AsyncResource('test');
const scratch = () => scratchCatalogue({}, postgres);

const open = (settings: PostgresSettings, migrations?: readonly Migration[]) =>
  openCatalogue({
    file: '',
    backupFolder: '',
    clock: systemClock,
    postgres: settings,
    contextConfig: { retries: 0 },
    ...(migrations ? { migrations } : {}),
  });

const reading = (settings: PostgresSettings, migrations: readonly Migration[]) =>
  openCatalogue({
    file: '',
    backupFolder: '',
    clock: systemClock,
    postgres: settings,
    isReadonly: true,
    migrations,
  });

async function failureOf(work: Promise<unknown>): Promise<VoiceRecorderError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof VoiceRecorderError) return failure;
  throw new Error(`It did not fail as it should: ${String(failure)}`);
}

/** Asks the server itself, past everything of ours. */
async function ask(settings: PostgresSettings, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ ...settings });
  await client.connect();
  try {
    await client.query(`SET search_path TO ${pg.escapeIdentifier(settings.schema)}`);
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(postgres.skipReason)('PostgreSQL sessions', () => {
  it('see one unchanging state when they only read, and cannot write', async () => {
    await using catalogue = await scratch();
    await addRecording(catalogue);
    const counts = await catalogue.contexts.withSession({ readonly: true }, async (db) => {
      const count = () =>
        db.selectFrom('recordings').select(db.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      const before = await count();
      await elsewhere(() => addRecording(catalogue));
      return [before.n, (await count()).n];
    });
    expect(counts).toEqual([1, 1]);
    const failure = await failureOf(
      catalogue.contexts.withSession({ readonly: true }, (db) => db.deleteFrom('recordings').execute()),
    );
    expect(failure.message).toMatch(/read-only/);
  });

  it('undo everything when the work rejects', async () => {
    await using catalogue = await scratch();
    const { id } = await addRecording(catalogue);
    await expect(
      catalogue.contexts.withSession({}, async (db) => {
        await db.deleteFrom('recordings').execute();
        throw new Error('No, rather not.');
      }),
    ).rejects.toThrow('No, rather not.');
    expect(await catalogue.recordings.find(id)).toBeDefined();
  });

  it('let nothing count after a statement failed, whatever the work makes of it', async () => {
    await using catalogue = await scratch();
    const failure = await failureOf(
      catalogue.contexts.withSession({}, async (db) => {
        await db.insertInto('tokens').values(tokenRow('kept?')).execute();
        await sql`SELECT nonsense`.execute(db).catch(() => undefined);
      }),
    );
    expect(failure.message).toMatch(/nonsense/);
    expect(await catalogue.access.listTokens()).toEqual([]);
  });

  it('undo only the joined session that failed', async () => {
    await using catalogue = await scratch();
    const { contexts } = catalogue;
    await contexts.withSession({}, async (db) => {
      await db.insertInto('tokens').values(tokenRow('outer')).execute();
      await contexts
        .withSession({}, (inner) => sql`SELECT nonsense`.execute(inner))
        .catch((error: unknown) => expect(error).toBeInstanceOf(VoiceRecorderError));
      await contexts.withSession({}, (inner) =>
        inner.insertInto('tokens').values(tokenRow('inner')).execute(),
      );
    });
    expect((await catalogue.access.listTokens()).map(({ name }) => name)).toEqual(['inner', 'outer']);
  });

  it('stop a running statement at the deadline, on the server too', async () => {
    await using catalogue = await scratch();
    const mark = `sleeper ${Math.random()}`;
    const failure = await failureOf(
      catalogue.contexts.withSession({ deadlineMs: 300 }, (db) =>
        sql`SELECT pg_sleep(600), ${mark}::text`.execute(db),
      ),
    );
    expect(failure.code).toBe('session-deadline');
    const settings = postgresOf(catalogue);
    await expect
      .poll(() =>
        ask(
          settings,
          `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
        ),
      )
      .toEqual([]);
  });

  it('are ended by the server after the limit they were told, and say so', async () => {
    const { settings } = await postgres.create();
    await using sessions = new DatabaseContextManager(
      new PostgresSessions({ ...settings, statementLimitMs: 200 }),
      { retries: 0 },
    );
    const failure = await failureOf(
      sessions.withSession({ readonly: true }, (db) => sql`SELECT pg_sleep(600)`.execute(db)),
    );
    expect(failure.code).toBe('catalogue-busy');
    expect(failure.message).toMatch(/took too long/);
  });

  it('take turns on one row, and none of 64 writers is lost', async () => {
    await using catalogue = await scratch();
    const { id } = await addRecording(catalogue);
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        catalogue.recordings.amend(id, { addTags: [`t${index}`] }),
      ).map(
        // A recording bears 50 tags at most.
        (amended, index) => (index < 50 ? amended : amended.catch(() => undefined)),
      ),
    ).catch(() => undefined);
    const { tags } = (await catalogue.recordings.find(id)) ?? {};
    expect(tags).toHaveLength(50);
    expect(await catalogue.recordings.tags()).toHaveLength(50);
  });

  it('enter 64 recordings at once, each counted once', async () => {
    await using catalogue = await scratch();
    const createdAt = '2026-11-23T12:00:00.000Z';
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        addRecording(catalogue, { createdAt, filesizeBytes: 10, tags: ['same', `t${index % 3}`] }),
      ),
    );
    expect(await catalogue.recordings.totals()).toMatchObject({ recordingCount: 64, recordingBytes: 640 });
    const tags = await catalogue.recordings.tags();
    expect(tags[0]).toEqual({ tag: 'same', count: 64 });
    expect(tags.reduce((sum, { count }) => sum + count, 0)).toBe(128);
  });

  it('bring numbers back as numbers, and keep a NUL as the mark for an unknown character', async () => {
    await using catalogue = await scratch();
    const row = await catalogue.contexts.withSession({}, async (db) => {
      const big = Number.MAX_SAFE_INTEGER;
      const { rows } = await sql<{ big: unknown; sum: unknown; text: unknown; yes: unknown }>`
        SELECT ${big}::bigint AS big, sum(n) AS sum, ${'a\0b'}::text AS text, ${true}::integer AS yes
        FROM (VALUES (1::bigint), (2)) AS t (n)`.execute(db);
      return rows[0];
    });
    expect(row).toEqual({ big: Number.MAX_SAFE_INTEGER, sum: 3, text: 'a\ufffdb', yes: 1 });
  });

  it('wait for a row no longer than they were told, and say that it was busy', async () => {
    await using catalogue = await scratch();
    const { id } = await addRecording(catalogue);
    const settings = { ...postgresOf(catalogue), busyLimitMs: 50 };
    await using other = new DatabaseContextManager(new PostgresSessions(settings), { retries: 0 });
    const failure = await catalogue.contexts.withSession({}, async (db) => {
      await db.updateTable('recordings').set({ title: 'mine' }).where('id', '=', id).execute();
      return failureOf(
        elsewhere(() =>
          other.withSession({}, (theirs) =>
            sql`UPDATE ${sql.table(`${settings.schema}.recordings`)} SET title = 'theirs'`.execute(theirs),
          ),
        ),
      );
    });
    expect(failure.code).toBe('catalogue-busy');
    expect(failure.details['isRetryable']).toBe(false);
  });

  it('leave a new mark where somebody removed the old one', async () => {
    await using catalogue = await scratch();
    const asked = (text: string) => (catalogue.postgres ? ask(catalogue.postgres, text) : []);
    await addRecording(catalogue);
    await asked('DELETE FROM session_marks');
    await addRecording(catalogue);
    expect(await asked('SELECT mark FROM session_marks')).not.toEqual([]);
  });

  it('write nothing outside of a transaction', async () => {
    await using catalogue = await scratch();
    const change = catalogue.contexts.withSession({}, async (db) => {
      // As when the session had not begun at all.
      await sql`ROLLBACK`.execute(db);
      await sql`UPDATE recordings SET title = 'on its own'`.execute(db);
    });
    expect((await failureOf(change)).message).toContain('read-only');
  });
});

describe.skipIf(postgres.skipReason)('who cannot be let in', () => {
  it.each([
    ['a wrong password', { password: 'wrong' }, 'database-refused'],
    ['an unknown user', { user: 'nobody' }, 'database-refused'],
    ['an unknown database', { database: 'nowhere' }, 'database-refused'],
    ['a server without TLS where TLS is wanted', { tlsMode: 'verify-full' }, 'database-refused'],
    ['a server that is not there', { port: 1 }, 'catalogue-failed'],
  ] as const)('is told so: %s', async (_, wrong, code) => {
    const { settings } = await postgres.create();
    const failure = await failureOf(open({ ...settings, ...wrong }));
    expect(failure.code).toBe(code);
    expect(JSON.stringify([failure.message, failure.details, String(failure.cause)])).not.toContain(
      TEST_PASSWORD,
    );
    expect(failure.message).toMatch(/127\.0\.0\.1/);
  });

  it('is told so when the server has no connection left', async () => {
    const { settings } = await postgres.create();
    await ask(
      { ...settings, schema: 'public' },
      "CREATE ROLE narrow LOGIN PASSWORD 'narrow' CONNECTION LIMIT 1",
    );
    const narrow = { ...settings, user: 'narrow', password: 'narrow' };
    const only = new pg.Client({ ...narrow });
    await only.connect();
    try {
      const failure = await failureOf(open(narrow));
      expect(failure.code).toBe('catalogue-busy');
      expect(failure.details['isRetryable']).toBe(true);
    } finally {
      await only.end();
      await ask({ ...settings, schema: 'public' }, 'DROP ROLE narrow');
    }
  });
});

describe.skipIf(postgres.skipReason)('the schema', () => {
  it('is made once when several nodes start at the same moment', async () => {
    const { settings, remove } = await postgres.create({ isNew: true });
    const nodes = await Promise.all(Array.from({ length: 4 }, () => open(settings)));
    const applied = await ask(settings, 'SELECT number FROM migrations ORDER BY number');
    expect(applied.map(({ number }) => number)).toEqual(MIGRATIONS.map(({ number }) => number));
    await Promise.all(nodes.map((node) => node.close()));
    await remove();
  });

  it('is refused with a sentence when it is newer or, for reading, older', async () => {
    await using catalogue = await scratch();
    const settings = postgresOf(catalogue);
    const older = MIGRATIONS.slice(0, -1);
    const tooNew = await failureOf(open(settings, older));
    expect(tooNew.code).toBe('catalogue-too-new');
    expect(tooNew.message).toMatch(/newer Voice Recorder Pro/);
    const next = { number: 9_999, name: 'next', sqlite: [], postgres: [] };
    const tooOld = await failureOf(reading(settings, [...MIGRATIONS, next]));
    expect(tooOld.code).toBe('catalogue-too-old');
    const missing = await failureOf(reading({ ...settings, schema: 'not_there' }, MIGRATIONS));
    expect(missing.code).toBe('catalogue-missing');
  });

  it('compares every text byte by byte, whatever language the server speaks', async () => {
    await using catalogue = await scratch();
    const settings = postgresOf(catalogue);
    const others = await ask(
      settings,
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = '${settings.schema}' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
         AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = '${settings.schema}')`,
    );
    expect(others).toEqual([]);
  });
});

function tokenRow(name: string) {
  return { name, role: 'edit', token_hash: name, created_at: '2026', last_used_at: null };
}

/** Not as a part of the session that runs here. */
function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  return outOfSession.runInAsyncScope(work);
}

function postgresOf(catalogue: Awaited<ReturnType<typeof scratch>>): PostgresSettings {
  if (!catalogue.postgres) throw new Error('It is no catalogue on PostgreSQL.');
  return catalogue.postgres;
}
