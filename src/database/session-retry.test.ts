import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isInWriteSession } from '../sessions/write-session.ts';
import { DatabaseContextManager, type DatabaseContextManagerConfig } from './database-context-manager.ts';
import type { SessionFactory } from './session-factory.ts';
import { SqliteSessions } from './sqlite/sqlite-sessions.ts';

/** A database that gives up the first `count` transactions after their work was done, and says whether nothing counts. */
function givingUp(
  sessions: SqliteSessions,
  count: number,
  isRetryable: boolean,
): SessionFactory & { given: number } {
  const factory = {
    given: 0,
    run: async <T>(...[request, work]: Parameters<typeof sessions.run<T>>) =>
      sessions.run(request, async (session) => {
        const value = await work(session);
        if (factory.given >= count) return value;
        factory.given++;
        throw new VoiceRecorderError('catalogue-busy', 'Two sessions waited for each other.', {
          details: { isRetryable },
        });
      }),
    close: () => sessions.close(),
  };
  return factory;
}

async function withNotes(count: number, isRetryable = true, config: DatabaseContextManagerConfig = {}) {
  const catalogue = await scratchCatalogue();
  await catalogue.contexts.withSession({}, (db) =>
    sql`CREATE TABLE notes (name TEXT PRIMARY KEY)`.execute(db),
  );
  const contexts = new DatabaseContextManager(
    givingUp(new SqliteSessions({ file: catalogue.file }), count, isRetryable),
    config,
  );
  return {
    contexts,
    names: async () => {
      const { rows } = await catalogue.contexts.withSession({ readonly: true }, (db) =>
        sql<{ name: string }>`SELECT name FROM notes ORDER BY name`.execute(db),
      );
      return rows.map((row) => row.name);
    },
    [Symbol.asyncDispose]: async () => {
      await contexts.close();
      await catalogue[Symbol.asyncDispose]();
    },
  };
}

describe('a session that the database gave up', () => {
  it('runs again from its beginning, in a frame of its own, with those inside it', async () => {
    await using notes = await withNotes(2);
    let runs = 0;
    const result = await notes.contexts.withSession({ name: 'again' }, async (db) => {
      runs++;
      expect(isInWriteSession()).toBe(true);
      await sql`INSERT INTO notes VALUES ('outer')`.execute(db);
      await notes.contexts.withSession({}, (inner) => sql`INSERT INTO notes VALUES ('inner')`.execute(inner));
      return runs;
    });
    expect(result).toBe(3);
    expect(await notes.names()).toEqual(['inner', 'outer']);
    expect(notes.contexts.getSessionMetrics()).toMatchObject({
      totalSessions: 1,
      failedSessions: 0,
      rolledBackSessions: 0,
      retriedSessions: 2,
    });
    expect(isInWriteSession()).toBe(false);
  });

  it('is tried so often as is configured, and rejects with what was said last', async () => {
    await using notes = await withNotes(9, true, { retries: 2 });
    let runs = 0;
    const session = notes.contexts.withSession({}, async () => {
      runs++;
    });
    await expect(session).rejects.toMatchObject({ code: 'catalogue-busy' });
    expect(runs).toBe(3);
    expect(notes.contexts.getSessionMetrics()).toMatchObject({ failedSessions: 1, retriedSessions: 2 });
  });

  it('is not tried again when nobody knows what became of it', async () => {
    await using notes = await withNotes(1, false);
    let runs = 0;
    const session = notes.contexts.withSession({}, async () => {
      runs++;
    });
    await expect(session).rejects.toMatchObject({ code: 'catalogue-busy' });
    expect(runs).toBe(1);
  });

  it('has one deadline for all its attempts', async () => {
    await using notes = await withNotes(Number.POSITIVE_INFINITY, true, { retries: 1_000_000 });
    let runs = 0;
    const session = notes.contexts.withSession({ name: 'endless', deadlineMs: 400 }, async () => {
      runs++;
    });
    await expect(session).rejects.toMatchObject({ code: 'session-deadline' });
    expect(runs).toBeGreaterThan(1);
  });
});

describe('sessions that share a transaction', () => {
  it('are tried again when a neighbour lost it for all of them', async () => {
    await using catalogue = await scratchCatalogue();
    const grouped = new SqliteSessions({ file: catalogue.file, groupAgeMs: 60_000 });
    await using contexts = new DatabaseContextManager(grouped);
    await contexts.withSession({}, (db) => sql`CREATE TABLE notes (name TEXT)`.execute(db));
    const limitPages = (count: number) =>
      contexts.withSession({}, (db) => sql.raw(`PRAGMA max_page_count = ${count}`).execute(db));
    const { rows } = await contexts.withSession({ readonly: true }, (db) =>
      sql<{ page_count: number }>`PRAGMA page_count`.execute(db),
    );
    await limitPages((rows[0]?.page_count ?? 0) + 4);
    const add = (name: string) =>
      contexts.withSession({}, (db) => sql`INSERT INTO notes VALUES (${name})`.execute(db));
    const results = await Promise.allSettled([add('a'), add('b'), add('x'.repeat(1_000_000)), add('c')]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(results[2]).toMatchObject({ reason: { code: 'disk-full' } });
    const kept = await contexts.withSession({ readonly: true }, (db) =>
      sql`SELECT name FROM notes ORDER BY name`.execute(db),
    );
    expect(kept.rows).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  });
});

describe('a session that is held for long', () => {
  it('is told of once, by its name and the stack of whoever asked for it', async () => {
    const slow: { name: string; stack: string; heldMs: number }[] = [];
    await using catalogue = await scratchCatalogue({
      contextConfig: { slowSessionMs: 30, onSlowSession: (session) => slow.push(session) },
    });
    slow.splice(0);
    await catalogue.contexts.withSession({ name: 'slow writer' }, async function heldByThisTest(db) {
      await sql`SELECT 1`.execute(db);
      await expect.poll(() => slow.length).toBe(1);
      // Once is enough.
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(slow).toEqual([
      {
        name: 'slow writer',
        readonly: false,
        heldMs: expect.any(Number),
        stack: expect.stringContaining('session-retry.test.ts'),
        isOwnStack: true,
      },
    ]);
    const readSlowly = async () => {
      const before = slow.length;
      await catalogue.contexts.withSession({ name: 'slow reader', readonly: true }, async () => {
        await expect.poll(() => slow.length).toBe(before + 1);
      });
      return slow.at(-1)?.stack ?? '';
    };
    expect(await readSlowly()).toContain('readSlowly');
    const readElsewhere = () => readSlowly();
    expect(await readElsewhere()).toContain('readElsewhere');
  });

  it('is not told of while it only waits for its turn', async () => {
    const slow: string[] = [];
    await using catalogue = await scratchCatalogue({
      contextConfig: { slowSessionMs: 500, onSlowSession: ({ name }) => slow.push(name) },
    });
    slow.splice(0);
    const holder = catalogue.contexts.withSession({ name: 'holder' }, () =>
      expect.poll(() => slow).toEqual(['holder']),
    );
    // Looked at when its turn comes: after that it may be held up like any other.
    const waiting = catalogue.contexts.withSession({ name: 'waiting' }, async () => [...slow]);
    await holder;
    expect(await waiting).toEqual(['holder']);
  });
});

describe('the latencies', () => {
  it('are those of the newest sessions, however many there were', async () => {
    const contexts = new DatabaseContextManager({
      run: (_request, work) => work({ db: undefined as never, batch: async () => [] }),
      close: async () => undefined,
    });
    await contexts.withSession(
      { readonly: true },
      () => new Promise<void>((resolve) => setTimeout(resolve, 60)),
    );
    expect(contexts.getSessionMetrics().latencyMs?.p50).toBeGreaterThan(50);
    for (let n = 0; n < 9_000; n++) await contexts.withSession({ readonly: true }, async () => undefined);
    const { latencyMs, totalSessions } = contexts.getSessionMetrics();
    expect(totalSessions).toBe(9_001);
    expect(latencyMs?.p50).toBeLessThan(50);
  });
});
