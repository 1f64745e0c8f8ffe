import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRecording,
  isOnSqlite,
  type ScratchCatalogue,
  scratchCatalogue,
} from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import {
  type ListedRecording,
  RECORDING_ORDERS,
  type Recording,
  type RecordingFilters,
  type RecordingPage,
  type RecordingQuery,
} from '../model/recording.ts';
import { titleKeyOf } from '../model/search-folding.ts';
import { LIST_SIZES } from './list-source.ts';
import { listRecordings } from './recording-list.ts';
import { WayMemory } from './way-memory.ts';

const at = (ms: number) => new Date(Date.parse('2026-11-22T12:00:00.000Z') + ms).toISOString();

async function readAll(
  { contexts }: ScratchCatalogue,
  query: RecordingQuery,
  sizes = LIST_SIZES,
): Promise<ListedRecording[]> {
  const seen: ListedRecording[] = [];
  let cursor: string | null = null;
  do {
    const wish: RecordingQuery = { ...query, ...(cursor === null ? {} : { cursor }) };
    const page: RecordingPage = await contexts.withSession({ readonly: true }, (db) =>
      listRecordings(db, wish, new WayMemory(), sizes),
    );
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const momentOf = ({ recordedAt, createdAt }: Recording) => recordedAt ?? createdAt;
/** Two neighbours as each order wants them: below or equal 0. */
const COMPARED: Record<(typeof RECORDING_ORDERS)[number], (a: Recording, b: Recording) => number> = {
  newest: (a, b) => bytewise(b.createdAt, a.createdAt),
  oldest: (a, b) => bytewise(a.createdAt, b.createdAt),
  relevance: () => 0,
  title: (a, b) => bytewise(titleKeyOf(a.title), titleKeyOf(b.title)),
  'title-reverse': (a, b) => bytewise(titleKeyOf(b.title), titleKeyOf(a.title)),
  longest: (a, b) => (b.duration ?? -1) - (a.duration ?? -1),
  shortest: (a, b) => (a.duration ?? -1) - (b.duration ?? -1),
  largest: (a, b) => b.filesizeBytes - a.filesizeBytes,
  smallest: (a, b) => a.filesizeBytes - b.filesizeBytes,
};

/** Instead of those by receipt, where dates of recording are asked for. */
const BY_MOMENT = {
  newest: (a: Recording, b: Recording) => bytewise(momentOf(b), momentOf(a)),
  oldest: (a: Recording, b: Recording) => bytewise(momentOf(a), momentOf(b)),
};

const FILTERS: readonly (RecordingFilters & { passes: (recording: Recording) => boolean })[] = [
  { passes: () => true },
  { tag: 'X', passes: ({ tags }) => tags.includes('x') },
  { collection: 'Tapes', passes: ({ collections }) => collections.includes('tapes') },
  { format: 'opus', passes: ({ codec }) => codec === 'opus' },
  { format: 'WAV', passes: ({ codec }) => codec === 'pcm_s16le' },
  { kind: 'edit', passes: ({ kind }) => kind === 'edit' },
  { hasWarnings: true, passes: ({ warnings }) => warnings.length > 0 },
  {
    hasWarnings: false,
    format: 'opus',
    passes: ({ warnings, codec }) => warnings.length === 0 && codec === 'opus',
  },
  { minDuration: 2, passes: ({ duration }) => duration !== null && duration >= 2 },
  {
    tag: 'x',
    collection: 'tapes',
    passes: (one) => one.tags.includes('x') && one.collections.includes('tapes'),
  },
  {
    collection: 'tapes',
    format: 'opus',
    from: at(2),
    passes: ({ collections, codec, recordedAt, createdAt }) =>
      collections.includes('tapes') && codec === 'opus' && (recordedAt ?? createdAt) >= at(2),
  },
  {
    maxDuration: 2,
    tag: 'x',
    passes: ({ duration, tags }) => duration !== null && duration <= 2 && tags.includes('x'),
  },
  {
    from: at(2),
    to: at(4),
    passes: ({ recordedAt, createdAt }) =>
      (recordedAt ?? createdAt) >= at(2) && (recordedAt ?? createdAt) < at(4),
  },
];

/** Each leads another way to the same pages. */
const SIZES = [
  LIST_SIZES,
  { few: 0, sorted: 0, gathered: 0 },
  { few: 0, sorted: 0, gathered: 100 },
  { few: 3, sorted: 1, gathered: 2 },
];

const facts = fc.record({
  createdAt: fc.integer({ min: 0, max: 3 }).map(at),
  recordedAt: fc.option(fc.integer({ min: 0, max: 5 }).map(at)),
  title: fc.constantFrom('one', 'One', 'Öne', 'two 2', 'two 10', '🎙'),
  duration: fc.option(fc.constantFrom(1, 2, 2.5)),
  filesizeBytes: fc.constantFrom(10, 20),
  codec: fc.constantFrom('opus', 'pcm_s16le'),
  kind: fc.constantFrom('file', 'edit'),
  tags: fc.constantFrom([], ['x']),
  collections: fc.constantFrom([], ['tapes']),
  warnings: fc.constantFrom([], [{ code: 'truncated', message: 'Short.' }]),
  isTrashed: fc.boolean(),
});

describe('a list in any order', () => {
  it('shows every recording that passes exactly once, however many are alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(facts, { minLength: 4, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(FILTERS.length - 1), fc.constantFrom(undefined, 'tw')), {
          minLength: 2,
          maxLength: 2,
        }),
        fc.constantFrom(...SIZES),
        async (library, limit, choices, sizes) => {
          await using catalogue = await scratchCatalogue();
          const all: Recording[] = [];
          for (const { isTrashed, ...fact } of library) {
            const added = await addRecording(catalogue, fact);
            all.push(isTrashed ? await catalogue.recordings.trash(added.id) : added);
          }
          for (const order of RECORDING_ORDERS)
            for (const [index, query] of [...choices, [0, undefined] as const]) {
              const { passes, ...filters } = FILTERS[index] ?? { passes: () => true };
              const isTrashed = filters.tag !== undefined && query === undefined;
              const wanted = all.filter(
                (one) =>
                  (one.status === 'trashed') === isTrashed &&
                  passes(one) &&
                  (query === undefined || one.title.startsWith('two')),
              );
              const wish = { ...filters, order, isTrashed, ...(query === undefined ? {} : { query }) };
              const shown = await readAll(catalogue, { ...wish, limit }, sizes);
              expect(new Set(shown.map(({ id }) => id)), JSON.stringify(wish)).toEqual(
                new Set(wanted.map(({ id }) => id)),
              );
              expect(shown).toHaveLength(wanted.length);
              for (const [index, one] of shown.entries()) {
                const before = shown[index - 1];
                const isByMoment = filters.from !== undefined && query === undefined;
                const compared = isByMoment ? { ...COMPARED, ...BY_MOMENT }[order] : COMPARED[order];
                if (before) expect(compared(before, one), JSON.stringify(wish)).toBeLessThanOrEqual(0);
              }
            }
        },
      ),
      { numRuns: 4 },
    );
  });

  it('passes over what a filter lets not pass when many do, and sorts when few do', async () => {
    await using catalogue = await scratchCatalogue();
    const known = Array.from({ length: 1_300 }, (_, index) => index);
    const entries = known.map((index) => ({
      recording: someRecording({
        createdAt: at(index),
        title: `Talk ${1_300 - index}`,
        status: 'active' as const,
        codec: index % 13 === 0 ? 'opus' : 'flac',
      }),
    }));
    for (let from = 0; from < entries.length; from += 650)
      await catalogue.known.put(entries.slice(from, from + 650));
    // More than are ranked: the older ones follow.
    const best = await readAll(catalogue, { query: 'talk 7', order: 'relevance', limit: 400 });
    expect(new Set(best.map(({ id }) => id)).size).toBe(best.length);
    expect(best[0]?.title).toBe('Talk 7');
    const all = await readAll(catalogue, { query: 'talk', order: 'relevance', limit: 400 });
    expect([all.length, new Set(all.map(({ id }) => id)).size]).toEqual([1_300, 1_300]);
    for (const [format, count] of [
      ['flac', 1_200],
      ['opus', 100],
    ] as const) {
      const shown = await readAll(catalogue, { format, order: 'title', limit: 500 });
      expect(shown).toHaveLength(count);
      expect(shown.map(({ title }) => title)).toEqual(
        shown.map(({ title }) => title).sort((a, b) => bytewise(titleKeyOf(a), titleKeyOf(b))),
      );
      expect((await readAll(catalogue, { format, query: 'talk', limit: 500 })).length).toBe(count);
    }
  });

  it.each([
    [{ from: 'yesterday' }, /"from" is "yesterday"/],
    [{ to: '2026-13-01' }, /"to" is/],
    [{ minDuration: -1 }, /"minDuration" is -1/],
    [{ maxDuration: Number.NaN }, /"maxDuration" is NaN/],
  ])('refuses the filter %j', async (filter, message) => {
    await using catalogue = await scratchCatalogue();
    await expect(catalogue.recordings.list(filter)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(message),
    });
  });

  it.runIf(isOnSqlite())('is there for what an earlier version kept', async () => {
    const early = MIGRATIONS.filter(({ number }) => number < 7);
    await using catalogue = await scratchCatalogue({ migrations: early });
    await catalogue.close();
    const database = new DatabaseSync(catalogue.file);
    const insert = database.prepare(
      `INSERT INTO recordings (row_key, id, status, kind, title, filename, stored_filename, filesize_bytes, checksum,
         is_deduplicated, version, created_at, modified_at, recorded_at, tags, notes, document)
       VALUES (?, ?, 'active', 'file', ?, 'x.wav', ?, 1, ?, 0, 1, ?, ?, ?, '[]', 'Grandmother, 1974', ?)`,
    );
    const index = database.prepare(
      `INSERT INTO recording_search (rowid, title, tags, notes, filename, shelf)
       VALUES (?, ?, '', 'Grandmother, 1974', 'x.wav', 'library')`,
    );
    const old = [
      { title: 'Zürich 10', duration: 2.5, recordedAt: '2020-01-02T03:04:05.678Z' },
      { title: 'Zurich 9', duration: null, warnings: [{ code: 'truncated', message: 'Short.' }] },
      { title: 'apple', codec: 'opus', container: 'ogg' },
    ].map((facts, n) => someRecording({ createdAt: at(n), ...facts }));
    for (const [n, one] of old.entries()) {
      const { id, title, storedFilename, checksum, createdAt, recordedAt, ...document } = one;
      const json = JSON.stringify(document);
      insert.run(n, id, title, storedFilename, checksum, createdAt, createdAt, recordedAt, json);
      index.run(n, title);
    }
    database.close();
    await using upgraded = await catalogue.reopen({ migrations: MIGRATIONS });
    const titles = async (query: RecordingQuery) =>
      (await upgraded.recordings.list(query)).items.map(({ title }) => title);
    expect(await titles({ order: 'title' })).toEqual(['apple', 'Zurich 9', 'Zürich 10']);
    expect(await titles({ order: 'longest' })).toEqual(['apple', 'Zürich 10', 'Zurich 9']);
    expect(await titles({ format: 'wav', hasWarnings: false })).toEqual(['Zürich 10']);
    expect(await titles({ format: 'opus' })).toEqual(['apple']);
    expect(await titles({ from: '2020-01-02T03:04:05.678Z', to: '2020-01-02T03:04:05.679Z' })).toEqual([
      'Zürich 10',
    ]);
    const found = await upgraded.recordings.list({ query: 'grandmohter zuri' });
    expect(found.items).toHaveLength(2);
    expect(found.corrections).toEqual([{ from: 'grandmohter', to: ['grandmother'] }]);
  });

  it('takes a day for all of it', async () => {
    await using catalogue = await scratchCatalogue();
    const one = await addRecording(catalogue, { createdAt: '2026-02-28T23:59:59.999Z' });
    await addRecording(catalogue, { createdAt: '2026-03-01T00:00:00.000Z' });
    const page = await catalogue.recordings.list({ from: '2026-02-28', to: '2026-02-28' });
    expect(page.items.map(({ id }) => id)).toEqual([one.id]);
  });

  it('shows a take at its first segment that passes the filters', async () => {
    await using catalogue = await scratchCatalogue();
    const take = { kind: 'take', takeId: 'a' } as const;
    for (const [segment, duration] of [5, 60, 70].entries())
      await addRecording(catalogue, { ...take, segment, duration, createdAt: at(segment), title: 'Sea' });
    for (const wish of [{}, { query: 'sea' }, { order: 'longest' }] as const) {
      const { items } = await catalogue.recordings.list({ ...wish, isGrouped: true, minDuration: 50 });
      expect(items).toMatchObject([{ segment: 1, takeSegmentCount: 3, takeDuration: 135 }]);
    }
  });
});
