import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { systemClock } from '../../src/model/clock.ts';
import { VoiceRecorderError } from '../../src/model/failure.ts';
import { openPostgres } from '../databases.ts';
import { type StartedPostgres, startPostgres, TEST_PASSWORD } from '../postgres-server.ts';
import { DATABASE_AUTHORITY, DATABASE_TLS, LOCALHOST_TLS } from '../tls-fixtures.ts';
import { runVrp } from '../vrp-process.ts';

const { skipReason } = await openPostgres();
let folder = '';
let server: StartedPostgres;
let right = '';
let wrong = '';

beforeAll(async () => {
  if (skipReason !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'vrp-postgres-tls-'));
  [right, wrong] = [join(folder, 'authority.pem'), join(folder, 'another.pem')];
  await writeFile(right, DATABASE_AUTHORITY);
  await writeFile(wrong, LOCALHOST_TLS.cert);
  server = await startPostgres({ isDurable: false, tls: DATABASE_TLS });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Wish = Partial<Pick<PostgresSettings, 'host' | 'tlsMode' | 'caFile' | 'password'>>;

/** How the server says the connection is protected. */
async function protectionFor(wish: Wish): Promise<string> {
  const catalogue = await openCatalogue({
    file: '',
    backupFolder: '',
    clock: systemClock,
    postgres: { ...server.settings, host: 'localhost', ...wish },
    contextConfig: { retries: 0 },
  });
  try {
    return await catalogue.contexts.withSession({ readonly: true }, async (db) => {
      const { rows } = await sql<{ version: string | null }>`
        SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()`.execute(db);
      return rows[0]?.version ?? 'none';
    });
  } finally {
    await catalogue.close();
  }
}

async function refusalOf(wish: Wish): Promise<VoiceRecorderError> {
  const failure = await protectionFor(wish).catch((error: unknown) => error);
  if (failure instanceof VoiceRecorderError) return failure;
  throw new Error(`It was not refused: ${String(failure)}`);
}

describe.skipIf(skipReason)('PostgreSQL over TLS', () => {
  it.each([
    ['disable', 'localhost', 'none'],
    ['require', '127.0.0.1', 'TLSv1.3'],
    ['verify-ca', '127.0.0.1', 'TLSv1.3'],
    ['verify-full', 'localhost', 'TLSv1.3'],
  ] as const)('lets in with sslmode=%s who comes to %s', async (tlsMode, host, version) => {
    const caFile = tlsMode.startsWith('verify') ? right : null;
    expect(await protectionFor({ tlsMode, host, caFile })).toBe(version);
  });

  it.each([
    ['another authority', { tlsMode: 'verify-full' }, 'wrong', /certificate/],
    ['another authority, where the name does not matter', { tlsMode: 'verify-ca' }, 'wrong', /certificate/],
    // As the programs of PostgreSQL have it.
    [
      'another authority, where one is named for encryption alone',
      { tlsMode: 'require' },
      'wrong',
      /certificate/,
    ],
    ['no authority that the system knows', { tlsMode: 'verify-full' }, 'none', /certificate/],
    ['another name', { tlsMode: 'verify-full', host: '127.0.0.1' }, 'right', /altnames/],
  ] as const)('is refused with a sentence: %s', async (_, wish, authority, words) => {
    const caFile = { right, wrong, none: null }[authority];
    const failure = await refusalOf({ ...wish, caFile });
    expect(failure.code).toBe('database-refused');
    expect(failure.message).toMatch(/The connection cannot be protected as asked for .*DATABASE_CA_FILE/);
    expect(failure.message).toMatch(words);
    expect(failure.details['isRetryable']).toBe(false);
  });

  it('says which certificates cannot be read, and a password that is wrong', async () => {
    const missing = join(folder, 'missing.pem');
    expect((await refusalOf({ tlsMode: 'verify-full', caFile: missing })).message).toContain(missing);
    const refused = await refusalOf({ tlsMode: 'verify-full', caFile: right, password: 'not-it' });
    expect(refused).toMatchObject({ code: 'database-refused' });
    expect(JSON.stringify([refused.message, refused.details, String(refused.cause)])).not.toContain('not-it');
  });

  it('never tells the password, whatever a server says or logs about its start', async () => {
    const folders = { dataDir: join(folder, 'store'), stateDir: join(folder, 'state') };
    const url = `postgres://recorder:${encodeURIComponent(TEST_PASSWORD)}@localhost:${server.port}/postgres`;
    const more = {
      DATABASE_URL: `${url}?sslmode=verify-full`,
      DATABASE_CA_FILE: wrong,
      VRP_LOG_LEVEL: 'trace',
    };
    const said = await runVrp(folders, ['start', '--json', '--port', '0'], more);
    expect(said.exitCode).toBe(1);
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { code: 'database-refused' } });
    const all = said.stdout + said.stderr;
    expect(all).toContain(`localhost:${server.port}`);
    for (const secret of [TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD), 'signs']) {
      expect(all).not.toContain(secret);
    }
  });
});
