import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRecording,
  isOnSqlite,
  type ScratchCatalogue,
  scratchCatalogue,
} from '../../test/scratch-catalogue.ts';
import type { Recording, RecordingQuery } from '../model/recording.ts';
import { decodeCursor, encodeCursor } from './recording-cursor.ts';

const at = (ms: number) => new Date(Date.parse('2026-11-22T12:00:00.000Z') + ms).toISOString();

async function readAll(catalogue: ScratchCatalogue, query: RecordingQuery): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await catalogue.recordings.list({ ...query, ...(cursor === null ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 50);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

const inOrder = (recordings: readonly Recording[]) =>
  recordings.toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1)).map(({ id }) => id);

async function aLibrary() {
  const catalogue = await scratchCatalogue();
  const recordings: Recording[] = [];
  for (const [i, ms] of [4, 2, 2, 2, 9, 0, 7, 5].entries()) {
    recordings.push(
      await addRecording(catalogue, { createdAt: at(ms), tags: i % 2 ? ['odd'] : [], title: `Talk ${i}` }),
    );
  }
  return { catalogue, recordings };
}

describe('list', () => {
  it.each([1, 2, 3, 7, 8, 9, 500])(
    'shows every recording once, newest first, in pages of %i',
    async (limit) => {
      const { catalogue, recordings } = await aLibrary();
      await using _ = catalogue;
      expect(await readAll(catalogue, { limit })).toEqual(inOrder(recordings).toReversed());
      expect(await readAll(catalogue, { limit, order: 'oldest' })).toEqual(inOrder(recordings));
      const odd = inOrder(recordings.filter(({ tags }) => tags.includes('odd')));
      expect(await readAll(catalogue, { limit, tag: 'Odd' })).toEqual(odd.toReversed());
      expect(await readAll(catalogue, { limit, tag: 'odd', order: 'oldest' })).toEqual(odd);
    },
  );

  it.each([1, 3, 8])('pages through what a search found, newest first, in pages of %i', async (limit) => {
    const { catalogue, recordings } = await aLibrary();
    await using _ = catalogue;
    const dates = new Map(recordings.map(({ id, createdAt }) => [id, createdAt]));
    const found = await readAll(catalogue, { limit, query: 'talk' });
    expect(new Set(found)).toEqual(new Set(recordings.map(({ id }) => id)));
    expect(found).toHaveLength(recordings.length);
    expect(found.map((id) => dates.get(id))).toEqual([...dates.values()].sort().reverse());
    expect((await readAll(catalogue, { limit, query: 'talk', order: 'oldest' })).toReversed()).toEqual(found);
    expect(await readAll(catalogue, { limit, query: 'talk', tag: 'odd' })).toHaveLength(4);
  });

  it('goes on where it was although the last recording shown was trashed and newer ones came', async () => {
    const { catalogue, recordings } = await aLibrary();
    await using _ = catalogue;
    const expected = inOrder(recordings).toReversed();
    const first = await catalogue.recordings.list({ limit: 3 });
    await catalogue.recordings.trash(first.items[2]?.id ?? '');
    await addRecording(catalogue, { createdAt: at(100) });
    const rest = await catalogue.recordings.list({ cursor: first.nextCursor ?? '' });
    expect(rest.items.map(({ id }) => id)).toEqual(expected.slice(3));
  });

  it.each([0, -1, 501, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
    await using catalogue = await scratchCatalogue();
    await expect(catalogue.recordings.list({ limit })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  // On PostgreSQL they wait for one another, one commit at a time: right, and slow.
  it.runIf(isOnSqlite())('takes 1,100 recordings of the same millisecond', async () => {
    await using catalogue = await scratchCatalogue();
    const added = await Promise.all(
      Array.from({ length: 1_100 }, () => addRecording(catalogue, { createdAt: at(0), title: 'crowd' })),
    );
    expect(await readAll(catalogue, { limit: 500, order: 'oldest' })).toEqual(inOrder(added));
    expect(new Set(await readAll(catalogue, { limit: 500, query: 'crowd' })).size).toBe(1_100);
  });
});

describe('a cursor', () => {
  it('is refused when anything about it was changed', async () => {
    const { catalogue } = await aLibrary();
    await using _ = catalogue;
    const { nextCursor } = await catalogue.recordings.list({ limit: 2 });
    const cursor = nextCursor ?? '';
    const [seal = '', position = ''] = cursor.split('.');
    const text = Buffer.from(position, 'base64url').toString();
    const forged = [
      '',
      'x',
      '.',
      `${cursor}=`,
      `${cursor} `,
      cursor.slice(1),
      cursor.slice(0, -1),
      position,
      ...[
        text.replace('2026-11-22', '2026-11-21'),
        text.replace('"]', '\'"]'),
        text.replace(/-7/, '-4'),
        text.replace(']', ',1]'),
        '[]',
        '{}',
        '[null]',
        `${text}\0`,
      ].map((changed) => `${seal}.${Buffer.from(changed).toString('base64url')}`),
    ];
    for (const wrong of forged) {
      await expect(catalogue.recordings.list({ cursor: wrong }), wrong).rejects.toMatchObject({
        code: 'cursor-invalid',
      });
    }
    expect((await catalogue.recordings.list({ cursor })).items).toHaveLength(6);
  });

  it('is refused when somebody made it who knows how, and no page can have ended there', async () => {
    const { catalogue } = await aLibrary();
    await using _ = catalogue;
    const { nextCursor } = await catalogue.recordings.list({ limit: 2, order: 'title' });
    const list = JSON.stringify(['title', 'library', false, '', ...Array<null>(9).fill(null)]);
    const [, position = ''] = (nextCursor ?? '').split('.');
    const [title = '', key = 0] = JSON.parse(Buffer.from(position, 'base64url').toString()) as [
      string,
      number,
    ];
    const forge = (place: readonly (string | number)[]) =>
      catalogue.recordings.list({ order: 'title', cursor: encodeCursor(list, place) });
    expect((await forge([title, key])).items).toHaveLength(6);
    for (const place of [
      [],
      [title],
      [title, key, 1],
      [key, title],
      [title, 'x'],
      [1, key],
      [title, String(key)],
    ]) {
      await expect(forge(place), JSON.stringify(place)).rejects.toMatchObject({ code: 'cursor-invalid' });
    }
  });

  it('serves only the list it came from', async () => {
    const { catalogue } = await aLibrary();
    await using _ = catalogue;
    const query: RecordingQuery = { limit: 2, order: 'title', query: 'talk', minDuration: 1 };
    const cursor = (await catalogue.recordings.list(query)).nextCursor ?? '';
    const others: RecordingQuery[] = [
      { order: 'title-reverse' },
      { order: 'newest' },
      { query: 'tal' },
      { minDuration: 2 },
      { maxDuration: 90 },
      { format: 'wav' },
      { tag: 'odd' },
      { isTrashed: true },
      { isGrouped: true },
      { hasWarnings: false },
    ];
    for (const other of others) {
      await expect(catalogue.recordings.list({ ...query, ...other, cursor })).rejects.toMatchObject({
        code: 'cursor-invalid',
      });
    }
    expect((await catalogue.recordings.list({ ...query, limit: 500, cursor })).items).toHaveLength(6);
  });

  it('never breaks on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        expect(() => decodeCursor('list', text, () => true)).toThrow(/not one that this list/);
      }),
    );
  });
});

describe('search', () => {
  async function withTitles(...titles: string[]) {
    const catalogue = await scratchCatalogue();
    for (const [i, title] of titles.entries()) await addRecording(catalogue, { title, createdAt: at(i) });
    const find = async (query: string) =>
      (await catalogue.recordings.list({ query })).items.map(({ title }) => title);
    return { catalogue, find };
  }

  it('finds words of title, tags, notes and file name, newest first', async () => {
    await using catalogue = await scratchCatalogue();
    const by = [
      await addRecording(catalogue, { title: 'walrus', createdAt: at(1) }),
      await addRecording(catalogue, { tags: ['the walrus'], createdAt: at(2) }),
      await addRecording(catalogue, { notes: 'a\nWALRUS\nb', createdAt: at(3) }),
      await addRecording(catalogue, { filename: 'Walrus_01.wav', createdAt: at(4) }),
    ];
    await addRecording(catalogue, { title: 'seal', createdAt: at(5) });
    const { items } = await catalogue.recordings.list({ query: 'walrus' });
    expect(items).toMatchObject(by.toReversed());
  });

  it('takes the last word for unfinished and the others for whole', async () => {
    const { catalogue, find } = await withTitles('Interview with Anna', 'Internal review');
    await using _ = catalogue;
    expect(await find('int')).toEqual(['Internal review', 'Interview with Anna']);
    expect(await find('interview an')).toEqual(['Interview with Anna']);
    expect(await find('inter anna')).toEqual([]);
    expect(await find('int ')).toEqual([]);
    expect(await find('anna ')).toEqual(['Interview with Anna']);
    expect(await find('anna interview')).toEqual(['Interview with Anna']);
  });

  it('sees through accents, case and Unicode form', async () => {
    const { catalogue, find } = await withTitles('Café Zürich', 'ÅNGSTRÖM', 'Нью-Йорк', '東京レコーディング');
    await using _ = catalogue;
    expect(await find('cafe zurich')).toEqual(['Café Zürich']);
    expect(await find('CAFÉ')).toEqual(['Café Zürich']);
    expect(await find('angstrom')).toEqual(['ÅNGSTRÖM']);
    expect(await find('нью-йо')).toEqual(['Нью-Йорк']);
    expect(await find('東京')).toEqual(['東京レコーディング']);
  });

  const hostile = [
    'AND',
    'OR',
    'NOT',
    'NEAR(a b)',
    'a NEAR/3 b',
    '"',
    '""',
    '"unclosed',
    '*',
    'a*',
    '^a',
    'title:a',
    '{title}:a',
    '-a',
    '+a',
    'a + b',
    '(',
    ')',
    '((',
    "'",
    "';",
    '\\',
    '%',
    '_',
    'shelf:trash',
    '🎙',
    'a 🎙 b',
    '\u{16d40}',
    '\0',
    'a\0b',
    '\ud800',
    '   ',
    '\n',
    'a'.repeat(100_000),
    'a '.repeat(10_000),
    '́',
    'ʰ',
  ];

  it('never fails on operators, quotes, blanks or floods', async () => {
    const { catalogue } = await withTitles('a b', 'AND OR NOT');
    await using _ = catalogue;
    for (const query of hostile) {
      expect((await catalogue.recordings.list({ query })).items, query).toBeInstanceOf(Array);
      expect((await catalogue.recordings.list({ query, isTrashed: true })).items, query).toEqual(
        query.trim() === '' ? [] : expect.any(Array),
      );
    }
  });

  it('never fails on any text', async () => {
    const { catalogue, find } = await withTitles('a b');
    await using _ = catalogue;
    const operators = fc.constantFrom(
      'AND',
      'OR',
      'NOT',
      'NEAR',
      '(',
      ')',
      '"',
      '*',
      ':',
      '^',
      '{',
      '}',
      '-',
      '+',
      ' ',
    );
    const text = fc
      .array(fc.oneof(operators, fc.string({ unit: 'binary', maxLength: 4 })))
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (query) => {
        expect(await find(query)).toBeInstanceOf(Array);
      }),
      { numRuns: 300 },
    );
  });

  it('takes operators for words', async () => {
    const { catalogue, find } = await withTitles('black AND white', 'black white');
    await using _ = catalogue;
    expect(await find('black and white')).toEqual(['black AND white']);
    expect(await find('black OR nothing')).toEqual([]);
    expect(await find('NOT white')).toEqual([]);
  });

  it('finds nothing where no word is asked for, and everything for blanks', async () => {
    const { catalogue, find } = await withTitles('a', 'b');
    await using _ = catalogue;
    expect(await find('***')).toEqual([]);
    expect(await find('  ')).toHaveLength(2);
  });

  it('does not find the words of its own shelf column', async () => {
    const { catalogue, find } = await withTitles('a');
    await using _ = catalogue;
    expect(await find('library')).toEqual([]);
  });
});
