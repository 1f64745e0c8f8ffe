import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  addRecording,
  isOnSqlite,
  type ScratchCatalogue,
  scratchCatalogue,
} from '../../test/scratch-catalogue.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';

async function find({ recordings }: ScratchCatalogue, query: string): Promise<string[]> {
  const { items } = await recordings.list({ query, order: 'title' });
  return items.map(({ title }) => title);
}

async function add(catalogue: ScratchCatalogue, ...titles: string[]): Promise<void> {
  for (const title of titles) await addRecording(catalogue, { title, filename: 'x.wav' });
}

describe('an unfinished word of four letters and more', () => {
  it('is found whatever follows it: nothing, letters or digits', async () => {
    await using catalogue = await scratchCatalogue();
    await add(catalogue, 'Aufnahme', 'Aufnahme12', 'Aufnahmegerät', 'Auf 12', `Aufnahme ${'x'.repeat(60)}`);
    const begun = ['Aufnahme', `Aufnahme ${'x'.repeat(60)}`, 'Aufnahme12', 'Aufnahmegerät'];
    for (const query of ['aufn', 'aufna', 'aufnahme']) expect(await find(catalogue, query)).toEqual(begun);
    expect(await find(catalogue, 'aufnahme1')).toEqual(['Aufnahme12']);
    expect(await find(catalogue, 'aufnahme xxxxx')).toEqual([`Aufnahme ${'x'.repeat(60)}`]);
    expect(await find(catalogue, 'xxxx aufn')).toEqual([]);
    expect(await find(catalogue, '"aufnahme xx')).toEqual([`Aufnahme ${'x'.repeat(60)}`]);
  });

  it('is found with any number of endings', async () => {
    await using catalogue = await scratchCatalogue();
    const notes = Array.from({ length: 250 }, (_, index) => `ending${index}`).join(' ');
    await addRecording(catalogue, { title: 'All', filename: 'x.wav', notes });
    await add(catalogue, 'Ending');
    expect(await find(catalogue, 'endi')).toEqual(['All', 'Ending']);
    expect(await find(catalogue, 'ending24')).toEqual(['All']);
  });

  it.runIf(isOnSqlite())('is found among what an earlier version kept', async () => {
    const early = MIGRATIONS.filter(({ number }) => number < 12);
    await using catalogue = await scratchCatalogue({ migrations: early });
    await add(catalogue, 'Interview12', 'Interviews');
    await catalogue.close();
    const database = new DatabaseSync(catalogue.file);
    database.exec("DELETE FROM search_words WHERE word GLOB '*[0-9]*'");
    database.close();
    await using upgraded = await catalogue.reopen({ migrations: MIGRATIONS });
    expect(await find(upgraded, 'inter')).toEqual(['Interview12', 'Interviews']);
  });
});
