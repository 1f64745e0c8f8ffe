import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import type { Migration } from '../database/migrations/migration.ts';
import { openCatalogue } from './open-catalogue.ts';

const addition: Migration = {
  number: (MIGRATIONS.at(-1)?.number ?? 0) + 1,
  name: 'addition',
  postgres: [],
  sqlite: ['CREATE TABLE addition (id INTEGER PRIMARY KEY) STRICT', 'INSERT INTO addition (id) VALUES (1)'],
};
const broken: Migration = {
  ...addition,
  sqlite: [...addition.sqlite, 'DROP TABLE recordings', 'INSERT INTO addition (id) VALUES (1)'],
};

function query(file: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('the migrations', () => {
  it('are numbered in their order, no number twice', () => {
    const numbers = MIGRATIONS.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('are recorded, and leave tables that pass the checks of SQLite', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue, { tags: ['a'] });
    expect(query(catalogue.file, 'SELECT number, name FROM migrations')).toEqual(
      MIGRATIONS.map(({ number, name }) => ({ number, name })),
    );
    expect(query(catalogue.file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(query(catalogue.file, 'PRAGMA foreign_key_check')).toEqual([]);
  });

  it('take no copy of a new database, and none when nothing is pending', async () => {
    await using catalogue = await scratchCatalogue();
    expect(catalogue.snapshotFile).toBeUndefined();
    const again = await catalogue.reopen();
    expect(again.snapshotFile).toBeUndefined();
    await again.close();
    await expect(stat(join(catalogue.folder, 'backup'))).rejects.toThrow('ENOENT');
  });

  it('copy a database that holds something before they change it', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    const upgraded = await catalogue.reopen({ migrations: [...MIGRATIONS, addition] });
    expect(await upgraded.recordings.find(recording.id)).toEqual(recording);
    await upgraded.close();
    const names = await readdir(join(catalogue.folder, 'backup'));
    expect(names).toEqual([
      expect.stringMatching(new RegExp(`^before-${addition.number}-\\d{8}T\\d{6}Z\\.sqlite$`)),
    ]);
    const copy = join(catalogue.folder, 'backup', names[0] ?? '');
    expect(upgraded.snapshotFile).toBe(copy);
    expect(query(copy, 'SELECT id FROM recordings')).toEqual([{ id: recording.id }]);
    expect(query(copy, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.at(-1)?.number }]);
    expect(query(catalogue.file, 'SELECT id FROM addition')).toEqual([{ id: 1 }]);
    // The copy is a catalogue that opens by itself.
    await copyFile(copy, join(catalogue.folder, 'copy.sqlite'));
    const restored = await catalogue.reopen({ file: join(catalogue.folder, 'copy.sqlite') });
    expect(await restored.recordings.find(recording.id)).toEqual(recording);
    await restored.close();
  });

  it('leave everything as before when one of them fails', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    await expect(catalogue.reopen({ migrations: [...MIGRATIONS, broken] })).rejects.toMatchObject({
      code: 'internal',
    });
    expect(query(catalogue.file, "SELECT name FROM sqlite_schema WHERE name = 'addition'")).toEqual([]);
    const again = await catalogue.reopen();
    expect(await again.recordings.find(recording.id)).toEqual(recording);
    await again.close();
  });

  it('change nothing when the copy cannot be written', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue);
    await catalogue.close();
    await writeFile(join(catalogue.folder, 'backup'), 'a file where the folder should be');
    await expect(catalogue.reopen({ migrations: [...MIGRATIONS, addition] })).rejects.toThrow();
    expect(query(catalogue.file, 'PRAGMA user_version')).toEqual([
      { user_version: MIGRATIONS.at(-1)?.number },
    ]);
  });
});

describe('opening', () => {
  it('refuses a catalogue of a newer version and leaves it alone', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.close();
    change(catalogue.file, 'PRAGMA user_version = 99');
    const before = await readFile(catalogue.file);
    await expect(catalogue.reopen()).rejects.toMatchObject({
      code: 'catalogue-too-new',
      message: expect.stringContaining('schema 99'),
    });
    expect(await readFile(catalogue.file)).toEqual(before);
  });

  it('refuses the database of another program', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.close();
    const file = join(catalogue.folder, 'browser.sqlite');
    change(file, 'CREATE TABLE cookies (name TEXT)');
    await expect(catalogue.reopen({ file })).rejects.toMatchObject({
      code: 'catalogue-damaged',
      message: expect.stringContaining('another program'),
    });
    expect(query(file, 'SELECT name FROM sqlite_schema')).toEqual([{ name: 'cookies' }]);
  });

  it('says so when the file is no database', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.close();
    const file = join(catalogue.folder, 'text.sqlite');
    await writeFile(file, 'This is a text, and a long one: '.repeat(1_000));
    await expect(catalogue.reopen({ file })).rejects.toMatchObject({ code: 'catalogue-damaged' });
  });

  it('says so when the schema is torn', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue);
    await catalogue.close();
    const bytes = await readFile(catalogue.file);
    await writeFile(catalogue.file, bytes.fill(0xa5, 100, 4_096));
    await expect(catalogue.reopen()).rejects.toMatchObject({ code: 'catalogue-damaged' });
  });

  it('says so when a page of a table is torn and is read later on', async () => {
    await using catalogue = await scratchCatalogue();
    for (let i = 0; i < 40; i++) await addRecording(catalogue, { notes: 'n'.repeat(20_000) });
    await catalogue.close();
    const bytes = await readFile(catalogue.file);
    // Behind the schema, which is all that opening reads.
    await writeFile(catalogue.file, bytes.fill(0xa5, Math.floor(bytes.length / 8_192) * 4_096));
    const torn = await catalogue.reopen();
    const read = async () => {
      for await (const recording of torn.recordings.streamAll()) expect(recording.id).toBeTruthy();
    };
    await expect(read()).rejects.toMatchObject({ code: 'catalogue-damaged' });
    await torn.close();
  });

  it('says so when the folder is missing', async () => {
    await using catalogue = await scratchCatalogue();
    const file = join(catalogue.folder, 'missing', 'catalogue.sqlite');
    await expect(catalogue.reopen({ file })).rejects.toMatchObject({
      code: 'catalogue-failed',
      message: expect.stringContaining(file),
    });
  });

  it('waits for another process that writes, and counts the wait', async () => {
    await using catalogue = await scratchCatalogue({ busyLimitMs: 60_000 });
    const other = new DatabaseSync(catalogue.file);
    other.exec('BEGIN IMMEDIATE');
    const added = addRecording(catalogue);
    // Long enough for the session to have come to it, on any machine.
    setTimeout(() => other.exec('COMMIT'), 1000);
    await added;
    other.close();
    expect(catalogue.contexts.getSessionMetrics()).toMatchObject({ retriedSessions: 1, failedSessions: 0 });
  });

  it('gives up on another process that never ends', async () => {
    await using catalogue = await scratchCatalogue({ busyLimitMs: 50 });
    const other = new DatabaseSync(catalogue.file);
    other.exec('BEGIN IMMEDIATE');
    await expect(addRecording(catalogue)).rejects.toMatchObject({
      code: 'catalogue-busy',
      isRetryable: true,
    });
    other.exec('ROLLBACK');
    other.close();
    await addRecording(catalogue);
  });

  it('keeps the files to their owner', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue);
    for (const ending of ['', '-wal', '-shm']) {
      expect((await stat(catalogue.file + ending)).mode & 0o777).toBe(0o600);
    }
  });
});

describe('opening for reading only', () => {
  it('reads beside the one that writes', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    const reader = await openCatalogue({
      file: catalogue.file,
      backupFolder: join(catalogue.folder, 'backup'),
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      isReadonly: true,
    });
    expect(await reader.recordings.find(recording.id)).toEqual(recording);
    const later = await addRecording(catalogue);
    expect(await reader.recordings.find(later.id)).toEqual(later);
    await expect(reader.recordings.trash(later.id)).rejects.toThrow('opened for reading only');
    await reader.close();
  });

  it('neither makes a catalogue nor changes its schema', async () => {
    await using catalogue = await scratchCatalogue();
    await expect(
      catalogue.reopen({ isReadonly: true, file: join(catalogue.folder, 'none.sqlite') }),
    ).rejects.toMatchObject({ code: 'catalogue-missing' });
    await expect(
      catalogue.reopen({ isReadonly: true, migrations: [...MIGRATIONS, addition] }),
    ).rejects.toMatchObject({ code: 'catalogue-too-old' });
    expect((await readdir(catalogue.folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });
});

describe('a snapshot', () => {
  it('is whole, and is never written over another one', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    await mkdir(join(catalogue.folder, 'backup'));
    const target = join(catalogue.folder, 'backup', 'by-hand.sqlite');
    await catalogue.snapshot(target);
    expect(query(target, 'SELECT id FROM recordings')).toEqual([{ id: recording.id }]);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    await expect(catalogue.snapshot(target)).rejects.toThrow('there already');
    expect(await readdir(join(catalogue.folder, 'backup'))).toEqual(['by-hand.sqlite']);
  });
});
