import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { canMakeSmallDisk, makeSmallDisk } from '../../test/small-disk.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import { DatabaseContextManager, type DatabaseContextManagerConfig } from './database-context-manager.ts';
import { SqliteSessions } from './sqlite/sqlite-sessions.ts';

/* What sessions do when the database itself fails. */

async function scratchNotes(config: DatabaseContextManagerConfig = {}, root = tmpdir()) {
  const folder = await mkdtemp(join(root, 'vrp-failing-'));
  const file = join(folder, 'notes.sqlite');
  const contexts = new DatabaseContextManager(new SqliteSessions({ file, busyLimitMs: 30 }), config);
  await contexts.withSession({}, (db) =>
    sql`CREATE TABLE notes (name TEXT PRIMARY KEY, body TEXT) STRICT`.execute(db),
  );
  return {
    file,
    contexts,
    add: (name: string, body = '') =>
      contexts.withSession({ name: 'add' }, async (db) => {
        await sql`INSERT INTO notes (name, body) VALUES (${name}, ${body})`.execute(db);
        return name;
      }),
    names: async () => {
      const { rows } = await contexts.withSession({ readonly: true }, (db) =>
        sql<{ name: string }>`SELECT name FROM notes ORDER BY name`.execute(db),
      );
      return rows.map((row) => row.name);
    },
    [Symbol.asyncDispose]: async () => {
      await contexts.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const codeOf = (session: Promise<unknown>): Promise<string> =>
  session.then(
    () => 'none',
    (error: unknown) => failureCodeOf(error) ?? String(error),
  );

async function codesOf(count: number, session: (n: number) => Promise<unknown>): Promise<string[]> {
  const codes: string[] = [];
  for (let n = 0; n < count; n++) codes.push(await codeOf(session(n)));
  return codes;
}

describe('a database file that is taken away while it is open', () => {
  it('acknowledges nothing more, refuses at once after five failures, and goes on when it is back', async () => {
    const heard: string[] = [];
    await using notes = await scratchNotes({ onCircuit: (state) => heard.push(state) });
    await notes.add('before');
    await rename(notes.file, `${notes.file}-elsewhere`);
    expect(await codesOf(7, (n) => notes.add(`lost ${n}`))).toEqual([
      ...Array.from({ length: 5 }, () => 'catalogue-missing'),
      'catalogue-unavailable',
      'catalogue-unavailable',
    ]);
    expect(notes.contexts.breaker).toMatchObject({
      state: 'open',
      writes: 'open',
      since: expect.stringMatching(/Z$/),
    });
    await expect(stat(notes.file)).rejects.toThrow('ENOENT');
    await rename(`${notes.file}-elsewhere`, notes.file);
    await expect.poll(() => codeOf(notes.add('behind'))).toBe('none');
    expect(notes.contexts.breaker).toMatchObject({ state: 'closed', writes: 'closed' });
    expect(heard).toEqual(['open', 'half-open', 'closed']);
    expect(await notes.names()).toEqual(expect.arrayContaining(['before', 'behind']));
  });

  it('is not written anew by a thread that begins again', async () => {
    await using notes = await scratchNotes();
    await rename(notes.file, `${notes.file}-elsewhere`);
    await writeFile(notes.file, '');
    expect(await codeOf(notes.add('lost'))).toBe('catalogue-missing');
    expect((await stat(notes.file)).size).toBe(0);
  });
});

describe('a database that is damaged while it is open', () => {
  it('says so, opens the breaker, and keeps the process alive', async () => {
    await using notes = await scratchNotes();
    for (let n = 0; n < 40; n++) await notes.add(`note ${n}`, 'x'.repeat(2_000));
    await notes.contexts.close();
    const { size } = await stat(notes.file);
    const handle = await open(notes.file, 'r+');
    await handle.write(Buffer.alloc(size - 8_192, 0xa5), 0, size - 8_192, 8_192);
    await handle.close();
    await using contexts = new DatabaseContextManager(new SqliteSessions({ file: notes.file }));
    const read = () =>
      contexts.withSession({ readonly: true }, (db) => sql`SELECT sum(length(body)) FROM notes`.execute(db));
    expect(await codesOf(6, read)).toEqual([
      ...Array.from({ length: 5 }, () => 'catalogue-damaged'),
      'catalogue-unavailable',
    ]);
    expect(contexts.breaker).toMatchObject({ state: 'open', reads: 'open', writes: 'closed' });
  });
});

describe('a database that another process holds', () => {
  it('is busy, which opens no breaker', async () => {
    await using notes = await scratchNotes();
    const other = new DatabaseSync(notes.file);
    other.exec('BEGIN IMMEDIATE');
    expect(await codesOf(7, (n) => notes.add(`late ${n}`))).toEqual(
      Array.from({ length: 7 }, () => 'catalogue-busy'),
    );
    expect(notes.contexts.breaker.state).toBe('closed');
    other.exec('COMMIT');
    other.close();
    expect(await notes.add('then')).toBe('then');
    expect(await notes.names()).toEqual(['then']);
  });
});

describe.skipIf(!canMakeSmallDisk)('a disk of its own (skipped where none can be mounted)', () => {
  it('that nobody may write to any more lets readers go on', async () => {
    const home = await mkdtemp(join(tmpdir(), 'vrp-failing-disk-'));
    const disk = await makeSmallDisk('tmpfs', join(home, 'disk'), 16);
    try {
      await using notes = await scratchNotes({}, join(home, 'disk'));
      await notes.add('before');
      // A reader that has the file open already.
      expect(await notes.names()).toEqual(['before']);
      await notes.contexts.close();
      execFileSync('mount', ['-o', 'remount,ro', join(home, 'disk')]);
      await using contexts = new DatabaseContextManager(new SqliteSessions({ file: notes.file }));
      const write = () => contexts.withSession({}, (db) => sql`DELETE FROM notes`.execute(db));
      expect(await codesOf(6, write)).toEqual([
        ...Array.from({ length: 5 }, () => 'catalogue-failed'),
        'catalogue-unavailable',
      ]);
      expect(contexts.breaker).toMatchObject({ state: 'open', reads: 'closed', writes: 'open' });
      execFileSync('mount', ['-o', 'remount,rw', join(home, 'disk')]);
      await expect.poll(() => codeOf(write())).toBe('none');
      expect(contexts.breaker.state).toBe('closed');
    } finally {
      await disk.dispose();
      await rm(home, { recursive: true, force: true });
    }
  });

  it('that is full refuses what asked for room before it begins, and opens no breaker', async () => {
    const home = await mkdtemp(join(tmpdir(), 'vrp-failing-disk-'));
    const disk = await makeSmallDisk('tmpfs', join(home, 'disk'), 16);
    try {
      await using notes = await scratchNotes({ minFreeBytes: 4_000_000 }, join(home, 'disk'));
      let runs = 0;
      const ask = (checkDiskSpace: boolean | number) =>
        notes.contexts.withSession({ name: 'asking', checkDiskSpace }, async () => {
          runs++;
        });
      await ask(true);
      await writeFile(join(home, 'disk', 'filler'), Buffer.alloc(13_000_000));
      await expect(ask(true)).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringMatching(/"asking" was not begun: \d+ bytes are free .* 4000000 must be/),
      });
      await ask(1_000_000);
      await ask(false);
      expect(runs).toBe(3);
      await writeFile(join(home, 'disk', 'filler-2'), Buffer.alloc(16_000_000)).catch(() => undefined);
      expect(await codesOf(7, (n) => notes.add(`big ${n}`, 'x'.repeat(1_000_000)))).toEqual(
        Array.from({ length: 7 }, () => 'disk-full'),
      );
      expect(notes.contexts.breaker.state).toBe('closed');
      expect(await notes.names()).toEqual([]);
      await rm(join(home, 'disk', 'filler'));
      expect(await notes.add('then')).toBe('then');
    } finally {
      await disk.dispose();
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe('faults of a caller', () => {
  it('open no breaker, however many they are', async () => {
    await using notes = await scratchNotes();
    await notes.add('once');
    const conflict = new VoiceRecorderError('version-conflict', 'Somebody was quicker.');
    expect(await codesOf(10, () => notes.add('once'))).toEqual(Array.from({ length: 10 }, () => 'internal'));
    expect(await codesOf(10, () => notes.contexts.withSession({}, () => Promise.reject(conflict)))).toEqual(
      Array.from({ length: 10 }, () => 'version-conflict'),
    );
    const intrude = () =>
      notes.contexts.withSession({ readonly: true }, (db) => sql`DELETE FROM notes`.execute(db));
    expect(await codesOf(10, intrude)).toEqual(Array.from({ length: 10 }, () => 'catalogue-failed'));
    expect(notes.contexts.breaker).toEqual({
      state: 'closed',
      since: null,
      reads: 'closed',
      writes: 'closed',
    });
  });
});

describe('a catalogue', () => {
  it('asks for room where a file is claimed, and never where a take ends or something is thrown away', async () => {
    await using catalogue = await scratchCatalogue({
      contextConfig: { minFreeBytes: Number.MAX_SAFE_INTEGER },
    });
    const { addRecording } = await import('../../test/scratch-catalogue.ts');
    await expect(addRecording(catalogue, { kind: 'file' })).rejects.toMatchObject({ code: 'disk-full' });
    const take = await addRecording(catalogue, { kind: 'take' });
    await catalogue.recordings.trash(take.id);
    await catalogue.recordings.restore(take.id);
  });
});
