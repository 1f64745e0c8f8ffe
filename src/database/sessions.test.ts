import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { assertOutsideWriteSession, isInWriteSession } from '../sessions/write-session.ts';
import { DatabaseContextManager } from './database-context-manager.ts';
import { SqliteSessions } from './sqlite/sqlite-sessions.ts';

const addNote = (contexts: DatabaseContextManager, name: string, version: number) =>
  contexts.withSession({ name: `add ${name}` }, async (db) => {
    await sql`INSERT INTO notes (name, version) VALUES (${name}, ${version})`.execute(db);
    return name;
  });

async function notesOf(contexts: DatabaseContextManager): Promise<string[]> {
  const { rows } = await contexts.withSession({ readonly: true }, (db) =>
    sql<{ name: string }>`SELECT name FROM notes ORDER BY name`.execute(db),
  );
  return rows.map((row) => row.name);
}

async function withNotes() {
  const catalogue = await scratchCatalogue();
  await catalogue.contexts.withSession({}, (db) =>
    sql`CREATE TABLE notes (name TEXT PRIMARY KEY, version INTEGER CHECK (version < 100), owner TEXT REFERENCES
        recordings (id) DEFERRABLE INITIALLY DEFERRED)`.execute(db),
  );
  return catalogue;
}

describe('withSession', () => {
  it('commits what its work wrote and gives back its result', async () => {
    await using catalogue = await withNotes();
    expect(await addNote(catalogue.contexts, 'a', 1)).toBe('a');
    expect(await notesOf(catalogue.contexts)).toEqual(['a']);
  });

  it('undoes everything when its work rejects, and passes the error through', async () => {
    await using catalogue = await withNotes();
    const error = new Error('second thoughts');
    const session = catalogue.contexts.withSession({}, async (db) => {
      await sql`INSERT INTO notes (name) VALUES ('gone')`.execute(db);
      throw error;
    });
    await expect(session).rejects.toBe(error);
    expect(await notesOf(catalogue.contexts)).toEqual([]);
    expect(catalogue.contexts.getSessionMetrics()).toMatchObject({
      failedSessions: 1,
      rolledBackSessions: 1,
    });
  });

  it('sees one unchanging, committed state where the thread that writes reads too', async () => {
    await using catalogue = await withNotes();
    const sessions = new SqliteSessions({ file: catalogue.file, readerCount: 0 });
    await using contexts = new DatabaseContextManager(sessions, {});
    await addNote(contexts, 'a', 1);
    const [begun, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const reading = contexts.withSession({ readonly: true }, async (db) => {
      const names = async () => (await sql<{ name: string }>`SELECT name FROM notes`.execute(db)).rows;
      const before = await names();
      begun.resolve();
      await committed.promise;
      expect(await names()).toEqual(before);
    });
    await begun.promise;
    await addNote(contexts, 'b', 1);
    committed.resolve();
    await reading;
    expect(await notesOf(contexts)).toEqual(['a', 'b']);
  });

  it('undoes only the failing one of sessions that share a commit', async () => {
    await using catalogue = await withNotes();
    const names = Array.from({ length: 40 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    const results = await Promise.allSettled(
      names.map((name, i) => addNote(catalogue.contexts, name, i % 10 === 3 ? 100 : 1)),
    );
    const expected = names.filter((_, i) => i % 10 !== 3);
    expect(results.filter((result) => result.status === 'fulfilled').map((result) => result.value)).toEqual(
      expected,
    );
    expect(await notesOf(catalogue.contexts)).toEqual(expected);
  });

  it('keeps a session whole that caught the failure of one of its statements', async () => {
    await using catalogue = await withNotes();
    await catalogue.contexts.withSession({}, async (db) => {
      await sql`INSERT INTO notes (name) VALUES ('before')`.execute(db);
      await expect(sql`INSERT INTO notes (name) VALUES ('before')`.execute(db)).rejects.toThrow('UNIQUE');
      await sql`INSERT INTO notes (name) VALUES ('behind')`.execute(db);
    });
    expect(await notesOf(catalogue.contexts)).toEqual(['before', 'behind']);
  });

  it('fails every member of a group whose commit fails, and works again afterwards', async () => {
    await using catalogue = await withNotes();
    // Grouped whatever the load of the machine.
    await using contexts = new DatabaseContextManager(
      new SqliteSessions({ file: catalogue.file, groupAgeMs: 60_000 }),
    );
    // A broken reference that is checked only at the commit, where it fails all that share it.
    const breakReference = contexts.withSession({}, (db) =>
      sql`INSERT INTO notes (name, owner) VALUES ('orphan', 'nobody')`.execute(db),
    );
    const results = await Promise.allSettled([
      addNote(contexts, 'a', 1),
      breakReference,
      addNote(contexts, 'b', 1),
    ]);
    const rejected = { status: 'rejected', reason: { code: 'catalogue-failed' } };
    expect(results).toMatchObject([rejected, rejected, rejected]);
    expect(await notesOf(contexts)).toEqual([]);
    await addNote(contexts, 'c', 1);
    expect(await notesOf(contexts)).toEqual(['c']);
  });

  it('acknowledges exactly what is kept when the room ends in the midst of a group', async () => {
    await using catalogue = await withNotes();
    const limitPages = (count: string) =>
      catalogue.contexts.withSession({}, (db) => sql.raw(`PRAGMA max_page_count = ${count}`).execute(db));
    // SQLite's own limit fails like a full disk: with SQLITE_FULL.
    await limitPages('1');
    const small = (name: string) => addNote(catalogue.contexts, name, 1);
    const results = await Promise.allSettled([
      small('a'),
      small('b'),
      addNote(catalogue.contexts, 'x'.repeat(1_000_000), 1),
      small('c'),
    ]);
    expect(results[2]).toMatchObject({
      status: 'rejected',
      reason: { code: 'disk-full', isRetryable: true },
    });
    const acknowledged = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(await notesOf(catalogue.contexts)).toEqual(acknowledged);
    await limitPages('1000000');
    await small('later');
    expect(await notesOf(catalogue.contexts)).toEqual([...acknowledged, 'later']);
  });

  it('lets 64 parallel writers each add 20 rows without losing one', async () => {
    await using catalogue = await withNotes();
    const writer = async (w: number) => {
      for (let i = 0; i < 20; i++) await addNote(catalogue.contexts, `${w}-${i}`, 1);
    };
    await Promise.all(Array.from({ length: 64 }, (_, w) => writer(w)));
    expect(await notesOf(catalogue.contexts)).toHaveLength(64 * 20);
    expect(catalogue.contexts.getSessionMetrics()).toMatchObject({ activeSessions: 0, failedSessions: 0 });
  });

  it('gives each caller its own async context although one loop serves all', async () => {
    await using catalogue = await withNotes();
    const outer = catalogue.contexts.withSession({ name: 'outer' }, async (db) => {
      await sql`INSERT INTO notes (name) VALUES ('outer')`.execute(db);
      throw new Error('undone');
    });
    const other = addNote(catalogue.contexts, 'other', 1);
    await Promise.allSettled([outer, other]);
    expect(await notesOf(catalogue.contexts)).toEqual(['other']);
  });

  it('shows a reader one unchanging state', async () => {
    await using catalogue = await withNotes();
    await addNote(catalogue.contexts, 'a', 1);
    const firstLook = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const counts = catalogue.contexts.withSession({ readonly: true }, async (db) => {
      const count = async () =>
        (await sql<{ n: number }>`SELECT count(*) AS n FROM notes`.execute(db)).rows[0]?.n;
      const before = await count();
      firstLook.resolve();
      await written.promise;
      return [before, await count()];
    });
    await firstLook.promise;
    await addNote(catalogue.contexts, 'b', 1);
    written.resolve();
    expect(await counts).toEqual([1, 1]);
  });

  it('refuses to write in a session that only reads', async () => {
    await using catalogue = await withNotes();
    const session = catalogue.contexts.withSession({ readonly: true }, (db) =>
      sql`INSERT INTO notes (name) VALUES ('no')`.execute(db),
    );
    await expect(session).rejects.toMatchObject({ code: 'catalogue-failed' });
  });

  it('refuses queries that come after the end of their session', async () => {
    await using catalogue = await withNotes();
    const db = await catalogue.contexts.withSession({}, async (db) => ({ db }));
    await expect(sql`INSERT INTO notes (name) VALUES ('late')`.execute(db.db)).rejects.toMatchObject({
      code: 'catalogue-failed',
    });
    expect(await notesOf(catalogue.contexts)).toEqual([]);
  });

  it('runs a batch all or none', async () => {
    await using catalogue = await withNotes();
    await catalogue.contexts.withSession({}, async (db, { batch }) => {
      const insert = (name: string) => sql`INSERT INTO notes (name) VALUES (${name})`.compile(db);
      expect(await batch([insert('a'), insert('b')])).toEqual([1, 1]);
      await expect(batch([insert('c'), insert('a')])).rejects.toThrow('UNIQUE');
    });
    expect(await notesOf(catalogue.contexts)).toEqual(['a', 'b']);
  });

  it('refuses new sessions after close, having finished those under way', async () => {
    await using catalogue = await withNotes();
    const last = addNote(catalogue.contexts, 'last', 1);
    await catalogue.contexts.close();
    expect(await last).toBe('last');
    await expect(addNote(catalogue.contexts, 'late', 1)).rejects.toMatchObject({ code: 'catalogue-failed' });
  });

  it('fails only the session that binds a value no thread can receive', async () => {
    await using catalogue = await withNotes();
    const unsendable = catalogue.contexts.withSession({}, (db) =>
      sql`INSERT INTO notes (name) VALUES (${(() => 1) as unknown as string})`.execute(db),
    );
    const results = await Promise.allSettled([unsendable, addNote(catalogue.contexts, 'a', 1)]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
    expect(await notesOf(catalogue.contexts)).toEqual(['a']);
  });
});

describe('a session inside another', () => {
  it('joins it: both are undone together', async () => {
    await using catalogue = await withNotes();
    const session = catalogue.contexts.withSession({}, async () => {
      await addNote(catalogue.contexts, 'inner', 1);
      throw new Error('outer fails');
    });
    await expect(session).rejects.toThrow('outer fails');
    expect(await notesOf(catalogue.contexts)).toEqual([]);
    expect(catalogue.contexts.getSessionMetrics().totalSessions).toBe(4);
  });

  it('is undone alone when it fails and the outer one goes on', async () => {
    await using catalogue = await withNotes();
    await catalogue.contexts.withSession({}, async (db) => {
      await sql`INSERT INTO notes (name) VALUES ('outer')`.execute(db);
      const inner = catalogue.contexts.withSession({}, async (innerDb) => {
        await sql`INSERT INTO notes (name) VALUES ('inner')`.execute(innerDb);
        throw new Error('inner fails');
      });
      await expect(inner).rejects.toThrow('inner fails');
    });
    expect(await notesOf(catalogue.contexts)).toEqual(['outer']);
  });

  it('takes turns with its siblings, at any depth', async () => {
    await using catalogue = await withNotes();
    await catalogue.contexts.withSession({}, async () => {
      await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          catalogue.contexts.withSession({}, async () => {
            await Promise.all([
              addNote(catalogue.contexts, `${i}-a`, 1),
              addNote(catalogue.contexts, `${i}-b`, i % 2 ? 1 : 100),
            ]);
          }),
        ),
      );
    });
    expect(await notesOf(catalogue.contexts)).toEqual([
      '1-a',
      '1-b',
      '3-a',
      '3-b',
      '5-a',
      '5-b',
      '7-a',
      '7-b',
      '9-a',
      '9-b',
    ]);
  });

  it('sees what the outer one wrote, even when it only reads', async () => {
    await using catalogue = await withNotes();
    const seen = await catalogue.contexts.withSession({}, async (db) => {
      await sql`INSERT INTO notes (name) VALUES ('mine')`.execute(db);
      return notesOf(catalogue.contexts);
    });
    expect(seen).toEqual(['mine']);
  });

  it('may not write inside one that only reads', async () => {
    await using catalogue = await withNotes();
    const session = catalogue.contexts.withSession({ readonly: true }, () =>
      addNote(catalogue.contexts, 'a', 1),
    );
    await expect(session).rejects.toMatchObject({ code: 'session-write-boundary' });
  });
});

describe('the deadline of a session', () => {
  it('undoes the work that did not end, and lets the next ones go on', async () => {
    await using catalogue = await withNotes();
    let signal: AbortSignal | undefined;
    const stuck = catalogue.contexts.withSession({ name: 'stuck', deadlineMs: 50 }, async (db, context) => {
      signal = context.signal;
      await sql`INSERT INTO notes (name) VALUES ('stuck')`.execute(db);
      await new Promise(() => undefined);
    });
    const next = addNote(catalogue.contexts, 'next', 1);
    await expect(stuck).rejects.toMatchObject({ code: 'session-deadline' });
    expect(signal?.aborted).toBe(true);
    await next;
    expect(await notesOf(catalogue.contexts)).toEqual(['next']);
  });

  it('counts the wait in the queue', async () => {
    await using catalogue = await withNotes();
    const release = Promise.withResolvers<void>();
    const long = catalogue.contexts.withSession({}, () => release.promise);
    await expect(
      catalogue.contexts.withSession({ name: 'waiting', deadlineMs: 20 }, async () => undefined),
    ).rejects.toMatchObject({ code: 'session-deadline' });
    release.resolve();
    await long;
  });

  it('holds for readers too, and frees their thread', async () => {
    await using catalogue = await withNotes();
    const stuck = () =>
      catalogue.contexts.withSession({ readonly: true, deadlineMs: 30 }, async (db) => {
        await sql`SELECT 1`.execute(db);
        await new Promise(() => undefined);
      });
    const results = await Promise.allSettled([stuck(), stuck(), stuck(), stuck()]);
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(await notesOf(catalogue.contexts)).toEqual([]);
  });
});

describe('the write-session mark', () => {
  it('is seen by everything called inside a write session, and by nothing else', async () => {
    await using catalogue = await withNotes();
    expect(isInWriteSession()).toBe(false);
    let later: () => boolean = () => true;
    await catalogue.contexts.withSession({ name: 'marked' }, async () => {
      expect(isInWriteSession()).toBe(true);
      expect(() => assertOutsideWriteSession('Writing a file')).toThrow(/Writing a file .* "marked"/);
      later = (await import('node:async_hooks')).AsyncLocalStorage.bind(() => isInWriteSession());
    });
    // Work that outlives the session is outside of it.
    expect(later()).toBe(false);
    await catalogue.contexts.withSession({ readonly: true }, async () => {
      expect(isInWriteSession()).toBe(false);
    });
  });
});

describe('getSessionMetrics', () => {
  it('tells the sessions under way, the oldest of them and the latencies', async () => {
    await using catalogue = await withNotes();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const session = catalogue.contexts.withSession({ name: 'long one' }, async () => {
      started.resolve();
      await release.promise;
    });
    await started.promise;
    const during = catalogue.contexts.getSessionMetrics();
    expect(during).toMatchObject({ activeSessions: 1, longestActive: { name: 'long one', readonly: false } });
    release.resolve();
    await session;
    const after = catalogue.contexts.getSessionMetrics();
    expect(after).toMatchObject({ activeSessions: 0, longestActive: null, totalSessions: 3 });
    expect(after.latencyMs?.p99).toBeGreaterThanOrEqual(after.latencyMs?.p50 ?? Number.POSITIVE_INFINITY);
  });
});
