import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { DatabaseContextManager } from '../../src/database/database-context-manager.ts';
import { PostgresSessions } from '../../src/database/postgres/postgres-sessions.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { openPostgres } from '../databases.ts';
import { pgbouncerSkipReason, startPgbouncer } from '../pgbouncer.ts';
import { addRecording, scratchCatalogue, testOn } from '../scratch-catalogue.ts';

/* Nothing is kept on a connection beyond a transaction: a pooler may give it to somebody else after each. */

const direct = await openPostgres();
const skipReason = direct.skipReason ?? pgbouncerSkipReason;
// Fewer than a catalogue's own pool has.
const CONNECTIONS = 3;
const bouncer =
  skipReason === undefined
    ? await startPgbouncer((await direct.create()).settings.port, CONNECTIONS)
    : undefined;
afterAll(() => bouncer?.stop());
const postgres = await openPostgres(bouncer?.port);

describe.skipIf(skipReason)(`through pgbouncer in transaction mode ${skipReason ?? ''}`, async () => {
  testOn(postgres);
  await import('../../src/catalogue/recording-repository.test.ts');
  await import('../../src/jobs/database-job-queue.test.ts');

  it('64 writers share a few connections, and none of them is lost', async () => {
    await using catalogue = await scratchCatalogue();
    await Promise.all(
      Array.from({ length: 64 }, (_, n) => addRecording(catalogue, { tags: ['same', `t${n % 3}`] })),
    );
    expect(await catalogue.recordings.totals()).toMatchObject({ recordingCount: 64 });
    expect((await catalogue.recordings.tags())[0]).toEqual({ tag: 'same', count: 64 });
    const { rows } = await catalogue.contexts.withSession({ readonly: true }, (db) =>
      sql<{ n: number }>`SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND client_port IS NOT NULL AND application_name LIKE 'voice-recorder-pro%'`.execute(
        db,
      ),
    );
    expect(rows[0]?.n).toBeLessThanOrEqual(CONNECTIONS);
  });

  it('a statement is stopped on the server at its deadline', async () => {
    const { settings } = await postgres.create();
    // Nothing else ends it.
    const sessions = new PostgresSessions({ ...settings, statementLimitMs: 3_600_000 });
    await using contexts = new DatabaseContextManager(sessions, { retries: 0 });
    const failure: unknown = await contexts
      .withSession({ deadlineMs: 300 }, (db) => sql`SELECT pg_sleep(601)`.execute(db))
      .catch((error: unknown) => error);
    expect(failureCodeOf(failure)).toBe('session-deadline');
    const sleeping = () =>
      contexts.withSession({ readonly: true }, async (db) => {
        const { rows } = await sql`SELECT 1 FROM pg_stat_activity
          WHERE state = 'active' AND query LIKE '%pg_sleep(601)%' AND pid <> pg_backend_pid()`.execute(db);
        return rows.length;
      });
    await expect.poll(sleeping).toBe(0);
  });

  it('leaves no setting of a session to the next one on the same connection', async () => {
    const { settings } = await postgres.create();
    await using contexts = new DatabaseContextManager(new PostgresSessions(settings), { retries: 0 });
    const read = (name: string) => sql<{ value: string }>`SELECT current_setting(${name}) AS value`;
    const inside = await contexts.withSession(
      {},
      async (db) => (await read('search_path').execute(db)).rows[0],
    );
    expect(inside?.value).toContain(settings.schema);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ ...settings });
    await client.connect();
    for (let n = 0; n < 2 * CONNECTIONS; n++) {
      const { rows } = await client.query<Record<string, string>>(
        "SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS statement",
      );
      expect(rows[0]?.['path']).not.toContain(settings.schema);
      expect(rows[0]?.['statement']).toBe('0');
    }
    await client.end();
  });
});
