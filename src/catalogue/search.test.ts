import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import type { Recording } from '../model/recording.ts';
import { findMatches, withMatches } from './search-matches.ts';
import { parseSearch, toMatchExpression, toTsQuery } from './search-terms.ts';
import { distanceBetween } from './word-corrections.ts';

const at = (ms: number) => new Date(Date.parse('2026-11-22T12:00:00.000Z') + ms).toISOString();

async function aLibrary(...recordings: Partial<Recording>[]) {
  const catalogue = await scratchCatalogue();
  for (const [index, facts] of recordings.entries())
    await addRecording(catalogue, { createdAt: at(index), filename: 'x.wav', ...facts });
  const find = async (query: string) =>
    (await catalogue.recordings.list({ query })).items.map(({ title }) => title);
  return { catalogue, find };
}

describe('what a person asks for', () => {
  it('are words, words in a row, and words that must not be there', () => {
    const read = (text: string) =>
      parseSearch(text).map(({ anyOf: [words], isPrefix, isExcluded, isExact }) =>
        [isExcluded && 'not', isExact && 'exact', ...(words ?? []), isPrefix && '…']
          .filter(Boolean)
          .join(' '),
      );
    expect(read('Old  mill')).toEqual(['old', 'mill …']);
    expect(read('old mill ')).toEqual(['old', 'mill']);
    expect(read('"Old mill" -rain')).toEqual(['exact old mill', 'not rain']);
    expect(read('-"heavy rain" "old mi')).toEqual(['not exact heavy rain', 'old mi …']);
    expect(read('re-entry - -- "" -')).toEqual(['re entry']);
    expect(read('a"b"')).toEqual(['a b …']);
    expect(read('🎙 \0 *')).toEqual([]);
  });

  it('never becomes an operator of a database', () => {
    const terms = parseSearch(`NEAR(a b) {title}: x' OR "1"="1 ☃ \\ !(c) :* & <-> title:q -"no way" end`);
    expect(toMatchExpression(terms, 'library')).toMatch(/^\(\(\{title tags notes filename\} : \(\("[\w ]+"/);
    expect(
      toTsQuery(terms)
        .replace(/'[a-z0-9]+'|<->|:\*| & | \| |[!()]/g, '')
        .trim(),
    ).toBe('');
  });
});

describe('a search', () => {
  const texts = [
    { title: 'Old mill by the river' },
    { title: 'Mill, old and wet', notes: 'rain' },
    { title: 'Windmill' },
    { title: 'Re-entry', tags: ['old mill'] },
  ];

  it('finds words in a row, and leaves out what is not wanted', async () => {
    const { catalogue, find } = await aLibrary(...texts);
    await using _ = catalogue;
    expect(await find('old mill')).toEqual(['Re-entry', 'Mill, old and wet', 'Old mill by the river']);
    expect(await find('"old mill"')).toEqual(['Re-entry', 'Old mill by the river']);
    expect(await find('old -rain mill')).toEqual(['Re-entry', 'Old mill by the river']);
    expect(await find('-mill')).toEqual(['Windmill']);
    expect(await find('re-entry')).toEqual(['Re-entry']);
    expect(await find('"mill old" -"rain"')).toEqual([]);
    expect(await find('mill -')).toHaveLength(3);
  });

  it('finds no row of words across two texts', async () => {
    const { catalogue, find } = await aLibrary({
      title: 'north',
      tags: ['gate'],
      notes: 'south',
      filename: 'a.wav',
    });
    await using _ = catalogue;
    expect(await find('north gate south')).toHaveLength(1);
    expect(await find('"gate south" ')).toEqual([]);
  });

  it('puts the best matches first, and goes on with the others', async () => {
    const { catalogue } = await aLibrary(
      { title: 'Harbour' },
      { title: 'Walk', notes: 'by the harbour' },
      { title: 'The long way to the harbour and back' },
      { title: 'Harbours' },
      { title: 'Boats', tags: ['harbour'] },
    );
    await using _ = catalogue;
    const titles = [];
    let cursor: string | null = null;
    do {
      const page = await catalogue.recordings.list({
        query: 'harbour',
        order: 'relevance',
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      titles.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(titles).toEqual(['Harbour', 'The long way to the harbour and back', 'Harbours', 'Boats', 'Walk']);
  });

  it('looks for like words where one is not there, and says so', async () => {
    const { catalogue } = await aLibrary(
      { title: 'Grandmother in the kitchen' },
      { title: 'Zürich', notes: 'house' },
      { title: 'horse' },
    );
    await using _ = catalogue;
    const ask = async (query: string) => {
      const { items, corrections } = await catalogue.recordings.list({ query });
      return [
        items.map(({ title }) => title),
        ...(corrections ?? []).map(({ from, to }) => `${from}: ${to.join()}`),
      ];
    };
    expect(await ask('grandmohter')).toEqual([['Grandmother in the kitchen'], 'grandmohter: grandmother']);
    expect(await ask('granmothr kitchen')).toEqual([
      ['Grandmother in the kitchen'],
      'granmothr: grandmother',
    ]);
    expect(await ask('zuerich')).toEqual([['Zürich'], 'zuerich: zurich']);
    expect(await ask('hoese')).toEqual([['horse', 'Zürich'], 'hoese: horse,house']);
    expect(await ask('grandmo')).toEqual([['Grandmother in the kitchen']]);
    expect(await ask('"grandmohter"')).toEqual([[]]);
    expect(await ask('grandmohter -kitchen')).toEqual([[]]);
    expect(await ask('hrs')).toEqual([[]]);
    expect(await ask('xqvwzjk')).toEqual([[]]);
    const first = await catalogue.recordings.list({ query: 'hoese', limit: 1 });
    const rest = await catalogue.recordings.list({
      query: 'hoese',
      limit: 1,
      cursor: first.nextCursor ?? '',
    });
    expect(rest.items.map(({ title }) => title)).toEqual(['Zürich']);
    expect(rest.corrections).toHaveLength(1);
  });

  it('does not find again by a like word what was renamed', async () => {
    const { catalogue, find } = await aLibrary({ title: 'Orchard' });
    await using _ = catalogue;
    expect(await find('orchrad')).toEqual(['Orchard']);
    const [recording] = (await catalogue.recordings.list({})).items;
    await catalogue.recordings.amend(recording?.id ?? '', { title: 'Garden' });
    expect(await find('orchrad')).toEqual([]);
  });

  it('marks where it matched', async () => {
    const notes = `${'word '.repeat(40)}the Straße to Zürich, ${'more '.repeat(60)}`;
    const { catalogue } = await aLibrary({ title: 'Zurich — old Zürich', notes });
    await using _ = catalogue;
    const [item] = (await catalogue.recordings.list({ query: 'zur' })).items;
    const shown = item?.matches?.map(({ field, start, length }) => [
      field,
      (item?.[field] ?? '').slice(start, start + length),
    ]);
    expect(shown).toEqual([
      ['title', 'Zurich'],
      ['title', 'Zürich'],
      ['notes', 'Zürich'],
    ]);
    const { start = 0, length = 0 } = item?.notesExcerpt ?? {};
    expect(notes.slice(start, start + length)).toMatch(/^word .*the Straße to Zürich, more .*more$/);
    expect(length).toBeLessThanOrEqual(200);
  });
});

describe('the marks of matches', () => {
  it('mark a row of words as one, the longest that is there, and never overlap', () => {
    const terms = parseSearch('"old mill" mill old');
    const text = 'Old mill, mill old mill';
    const marked = findMatches('title', text, terms).map(({ start, length }) =>
      text.slice(start, start + length),
    );
    expect(marked).toEqual(['Old mill', 'mill', 'old mill']);
  });

  it('never cut a character in two', async () => {
    const notes = `${'🎙'.repeat(100)} mill ${'🎙'.repeat(300)}`;
    const [item] = await withMatches([{ title: '', notes } as Recording], parseSearch('mill'));
    const { start = 0, length = 0 } = item?.notesExcerpt ?? {};
    const part = notes.slice(start, start + length);
    expect(part.isWellFormed()).toBe(true);
    expect(part).toContain('mill');
  });
});

describe('how many mistakes lie between two words', () => {
  it.each([
    ['house', 'house', 0],
    ['house', 'horse', 1],
    ['house', 'huose', 1],
    ['house', 'hose', 1],
    ['house', 'houses', 1],
    ['grandmother', 'granmothre', 2],
    ['house', 'mouth', 3],
    ['a', 'abcd', 3],
  ])('%s, %s', (a, b, distance) => {
    expect(distanceBetween([...a], [...b], 2)).toBe(distance);
    expect(distanceBetween([...b], [...a], 2)).toBe(distance);
  });
});
