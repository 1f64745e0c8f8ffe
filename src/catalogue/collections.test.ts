import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { addRecording, isOnSqlite, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import { systemClock } from '../model/clock.ts';
import type { Recording } from '../model/recording.ts';
import { Collections } from './collections.ts';

async function drain(chunks: AsyncIterable<readonly Recording[]>): Promise<Recording[]> {
  const all: Recording[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

describe('collections', () => {
  it('hold any recording any number of times over, counted without those in the trash', async () => {
    await using catalogue = await scratchCatalogue();
    const one = await addRecording(catalogue, { collections: ['Village', 'Straße'] });
    const two = await addRecording(catalogue);
    await catalogue.recordings.amend(two.id, { addCollections: ['VILLAGE', 'straße', 'Straße'] });
    expect(await catalogue.collections.list()).toEqual([
      { collection: 'Straße', count: 2 },
      { collection: 'Village', count: 2 },
    ]);
    const idsIn = async (collection: string, isTrashed = false) =>
      (await catalogue.recordings.list({ collection, isTrashed })).items.map(({ id }) => id);
    expect(await idsIn('village')).toEqual([two.id, one.id]);
    await catalogue.recordings.trash(one.id);
    expect(await idsIn('VILLAGE')).toEqual([two.id]);
    expect(await idsIn('Village', true)).toEqual([one.id]);
    await catalogue.recordings.amend(two.id, { removeCollections: ['STRASSE', 'village'] });
    expect(await catalogue.collections.list()).toEqual([{ collection: 'straße', count: 1 }]);
    await catalogue.recordings.restore(one.id);
    expect(await catalogue.collections.list()).toEqual([
      { collection: 'straße', count: 2 },
      { collection: 'Village', count: 1 },
    ]);
  });

  it('are renamed in every recording, the trash included, and each can be undone', async () => {
    await using catalogue = await scratchCatalogue();
    const members = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        addRecording(catalogue, { collections: n % 2 === 0 ? ['Old', 'x'] : ['x', 'OLD'] }),
      ),
    );
    const trashed = members[7] as Recording;
    await catalogue.recordings.trash(trashed.id);
    const chunks: number[] = [];
    const collections = new Collections(catalogue.contexts, systemClock, 5);
    for await (const chunk of collections.rename('old', 'New', 'anna')) chunks.push(chunk.length);
    expect(chunks).toEqual([5, 5, 2]);
    expect(await catalogue.collections.list()).toEqual([
      { collection: 'New', count: 11 },
      { collection: 'x', count: 11 },
    ]);
    expect((await catalogue.recordings.find(trashed.id))?.collections).toEqual(['x', 'New']);
    const first = members[0] as Recording;
    const { items } = await catalogue.history.page(first.id);
    expect(items).toMatchObject([{ by: 'anna', before: { collections: ['Old', 'x'] } }]);
    expect((await catalogue.history.undo(first.id, 2)).collections).toEqual(['Old', 'x']);
    expect(await catalogue.collections.list()).toContainEqual({ collection: 'Old', count: 1 });
  });

  it('become one when one takes the name of another, and can be spelled anew', async () => {
    await using catalogue = await scratchCatalogue();
    const both = await addRecording(catalogue, { collections: ['a', 'b'] });
    await addRecording(catalogue, { collections: ['b'] });
    await drain(catalogue.collections.rename('a', 'B'));
    expect(await catalogue.collections.list()).toEqual([{ collection: 'B', count: 2 }]);
    expect((await catalogue.recordings.find(both.id))?.collections).toEqual(['B']);
    expect(await drain(catalogue.collections.rename('B', 'b'))).toHaveLength(1);
    expect(await catalogue.collections.list()).toEqual([{ collection: 'b', count: 2 }]);
    expect(await drain(catalogue.collections.rename('b', 'b'))).toEqual([]);
  });

  it('are removed without their recordings', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue, { collections: ['Gone', 'stays'] });
    await drain(catalogue.collections.remove('GONE'));
    expect(await catalogue.recordings.find(id)).toMatchObject({ status: 'active', collections: ['stays'] });
    expect(await catalogue.collections.list()).toEqual([{ collection: 'stays', count: 1 }]);
    await expect(drain(catalogue.collections.remove('gone'))).rejects.toMatchObject({
      code: 'collection-unknown',
    });
    await expect(drain(catalogue.collections.rename('gone', 'x'))).rejects.toMatchObject({
      code: 'collection-unknown',
    });
  });

  it('may be named whatever people name things', async () => {
    await using catalogue = await scratchCatalogue();
    const names = ["O'Neill's", '"; DROP TABLE recordings; --', '🎙️👩‍🚀', 'a/b', '%', '…', '１'];
    const { id } = await addRecording(catalogue);
    await catalogue.recordings.amend(id, { collections: names });
    expect((await catalogue.collections.list()).map(({ collection }) => collection).toSorted()).toEqual(
      names.toSorted(),
    );
    for (const name of names) await drain(catalogue.collections.rename(name, `${name}!`));
    expect((await catalogue.recordings.find(id))?.collections).toEqual(names.map((name) => `${name}!`));
    for (const hostile of ['a\0b', '', ' ', '.', '..', 'x'.repeat(100_000)]) {
      await expect(catalogue.recordings.amend(id, { addCollections: [hostile] })).rejects.toMatchObject({
        code: 'invalid-input',
      });
      await expect(drain(catalogue.collections.rename('%!', hostile))).rejects.toMatchObject({
        code: 'invalid-input',
      });
    }
  });
});

describe('collections of an earlier version', () => {
  it.runIf(isOnSqlite())('are counted from the documents', async () => {
    await using old = await scratchCatalogue({ migrations: MIGRATIONS.filter(({ number }) => number < 7) });
    await old.close();
    // As an earlier version wrote them: only the document knows of collections.
    const database = new DatabaseSync(old.file);
    const insert = database.prepare(
      `INSERT INTO recordings (row_key, id, status, kind, title, filename, stored_filename, filesize_bytes, checksum,
         is_deduplicated, version, created_at, modified_at, tags, notes, document)
       VALUES (?, ?, ?, 'file', 't', 'f', ?, 1, ?, 0, 1, ?, ?, '[]', '', ?)`,
    );
    const rows = [
      ['active', ['Übung', 'b']],
      ['trashed', ['ÜBUNG']],
      ['active', ['übung']],
      ['placing', ['Übung']],
      ['active', []],
    ] as const;
    for (const [n, [status, collections]] of rows.entries()) {
      const id = `01a20710-0000-7000-8000-00000000000${n}`;
      const at = `2026-11-2${n}T00:00:00.000Z`;
      const document = JSON.stringify(someRecording({ collections }));
      insert.run(n, id, status, `raw/${n}.wav`, String(n).repeat(64), at, at, document);
    }
    database.close();
    await using catalogue = await old.reopen({ migrations: MIGRATIONS });
    expect(await catalogue.collections.list()).toEqual([
      { collection: 'b', count: 1 },
      { collection: 'Übung', count: 2 },
    ]);
  });
});
