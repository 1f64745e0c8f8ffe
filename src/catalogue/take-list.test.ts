import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  addRecording,
  isOnSqlite,
  type ScratchCatalogue,
  scratchCatalogue,
} from '../../test/scratch-catalogue.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { ListedRecording, Recording, RecordingQuery } from '../model/recording.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, seconds)).toISOString();

async function readAll(catalogue: ScratchCatalogue, query: RecordingQuery): Promise<ListedRecording[]> {
  const seen: ListedRecording[] = [];
  let cursor: string | null = null;
  do {
    const page = await catalogue.recordings.list({
      ...query,
      isGrouped: true,
      ...(cursor === null ? {} : { cursor }),
    });
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

function addSegment(
  catalogue: ScratchCatalogue,
  takeId: string,
  segment: number,
  facts: Partial<Recording> = {},
) {
  return addRecording(catalogue, { kind: 'take', takeId, segment, duration: 10, ...facts });
}

describe('a grouped list', () => {
  it('shows a take once, at its first segment, with what all segments come to', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue, { createdAt: at(0), title: 'File' });
    for (const n of [0, 1, 2]) await addSegment(catalogue, 'a', n, { createdAt: at(1 + n) });
    await addSegment(catalogue, 'b', 0, { createdAt: at(3), duration: null, filesizeBytes: 7 });
    const rows = await readAll(catalogue, {});
    expect(
      rows.map((row) => [
        row.takeId,
        row.segment,
        row.takeSegmentCount,
        row.takeDuration,
        row.takeFilesizeBytes,
      ]),
    ).toEqual([
      ['b', 0, 1, null, 7],
      ['a', 0, 3, 30, 3000],
      [null, null, undefined, undefined, undefined],
    ]);
  });

  it('counts a segment that is there twice once, at its longer one', async () => {
    await using catalogue = await scratchCatalogue();
    await addSegment(catalogue, 'a', 0, { duration: 4, title: 'Recovered' });
    await addSegment(catalogue, 'a', 0, { duration: 9 });
    await addSegment(catalogue, 'a', 1, { duration: 2 });
    expect(await readAll(catalogue, {})).toMatchObject([{ takeSegmentCount: 2, takeDuration: 11 }]);
  });

  it('begins a take whose first segment lies in the trash at the next one, and shows the trash likewise', async () => {
    await using catalogue = await scratchCatalogue();
    const segments = [];
    for (const n of [0, 1, 2]) segments.push(await addSegment(catalogue, 'a', n));
    await catalogue.recordings.trash(segments[0]!.id);
    expect(await readAll(catalogue, {})).toMatchObject([{ segment: 1, takeSegmentCount: 2 }]);
    expect(await readAll(catalogue, { isTrashed: true })).toMatchObject([
      { segment: 0, takeSegmentCount: 1 },
    ]);
    await catalogue.recordings.trashAll(segments.slice(1));
    expect(await readAll(catalogue, { isTrashed: true })).toMatchObject([
      { segment: 0, takeSegmentCount: 3 },
    ]);
    expect(await readAll(catalogue, {})).toEqual([]);
  });

  it('keeps what was superseded apart from the take that superseded it', async () => {
    await using catalogue = await scratchCatalogue();
    const old = await addSegment(catalogue, 'a', 0, {
      storedFilename: 'quarantine/raw/x.ogg',
      createdAt: at(0),
    });
    await catalogue.recordings.trash(old.id);
    const whole = await addSegment(catalogue, 'a', 0, { createdAt: at(1) });
    await catalogue.recordings.trash(whole.id);
    const rows = await readAll(catalogue, { isTrashed: true });
    expect(rows.map(({ id, takeSegmentCount }) => [id, takeSegmentCount])).toEqual([
      [whole.id, 1],
      [old.id, 1],
    ]);
  });

  it('finds a take once, at its first segment that has the words or the tag', async () => {
    await using catalogue = await scratchCatalogue();
    for (const n of [0, 1, 2, 3])
      await addSegment(catalogue, 'a', n, {
        title: n < 2 ? 'Harbour' : 'Harbour market',
        tags: n === 0 ? [] : ['sea'],
      });
    const firstFound = async (query: RecordingQuery) =>
      (await readAll(catalogue, query)).map(({ segment, takeSegmentCount }) => [segment, takeSegmentCount]);
    expect(await firstFound({ query: 'harb' })).toEqual([[0, 4]]);
    expect(await firstFound({ query: 'market' })).toEqual([[2, 4]]);
    expect(await firstFound({ tag: 'Sea' })).toEqual([[1, 4]]);
    expect(await firstFound({ tag: 'sea', query: 'harb', limit: 1 })).toEqual([[1, 4]]);
    expect(await firstFound({ query: 'nothing' })).toEqual([]);
  });

  it('finds a take once although its first segment is there twice', async () => {
    await using catalogue = await scratchCatalogue();
    await addSegment(catalogue, 'a', 0, { title: 'Harbour' });
    await addSegment(catalogue, 'a', 0, { title: 'Harbour' });
    expect(await readAll(catalogue, { query: 'harbour' })).toMatchObject([{ takeSegmentCount: 1 }]);
    expect(await readAll(catalogue, { query: 'harbour', limit: 1 })).toHaveLength(1);
  });

  it('pages as the whole list does, whatever lies how', async () => {
    const piece = fc.record({
      take: fc.constantFrom('a', 'b', 'c', null),
      segment: fc.nat(4),
      second: fc.nat(6),
      isTrashed: fc.boolean(),
      word: fc.constantFrom('one', 'two'),
      hasTag: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (pieces, limit) => {
          await using catalogue = await scratchCatalogue();
          const all: Recording[] = [];
          for (const { take, segment, second, isTrashed, word, hasTag } of pieces) {
            const facts = { createdAt: at(second), title: word, tags: hasTag ? ['x'] : [] };
            const added = await addRecording(catalogue, {
              ...facts,
              ...(take ? { kind: 'take', takeId: take, segment } : {}),
            });
            all.push(isTrashed ? await catalogue.recordings.trash(added.id) : added);
          }
          for (const isTrashed of [false, true])
            for (const wish of [{}, { query: 'one' }, { tag: 'x' }, { query: 'one', tag: 'x' }])
              for (const order of ['newest', 'oldest'] as const) {
                const matching = all
                  .filter(({ status }) => (status === 'trashed') === isTrashed)
                  .filter(
                    ({ title, tags }) =>
                      (!wish.query || title === 'one') && (!wish.tag || tags.includes('x')),
                  );
                const shown = await readAll(catalogue, { ...wish, isTrashed, order, limit });
                const takes = new Set(matching.flatMap(({ takeId }) => takeId ?? []));
                const singles = matching.filter(({ takeId }) => takeId === null);
                expect(shown).toHaveLength(takes.size + singles.length);
                for (const row of shown) {
                  if (row.takeId === null) continue;
                  const own = matching.filter(({ takeId }) => takeId === row.takeId);
                  expect(row.segment).toBe(Math.min(...own.map(({ segment }) => segment ?? 0)));
                }
                const dates = shown.map(({ createdAt }) => createdAt);
                expect(dates).toEqual(order === 'oldest' ? dates.toSorted() : dates.toSorted().reverse());
              }
        },
      ),
      { numRuns: 3 },
    );
  });

  it.runIf(isOnSqlite())('reads a page of takes by the index, not the whole table', async () => {
    await using catalogue = await scratchCatalogue();
    const plan = await catalogue.contexts.withSession({ name: 'plan', readonly: true }, async (db) => {
      const { isFirstOfTake } = await import('./take-rows.ts');
      return db
        .selectFrom('recordings as r')
        .selectAll('r')
        .where('r.shelf', '=', 'library')
        .where(isFirstOfTake([]))
        .orderBy('r.created_at', 'desc')
        .orderBy('r.id', 'desc')
        .limit(3)
        .explain(undefined, sql`query plan`);
    });
    const steps = plan.map((step) => (step as { detail: string }).detail);
    expect(steps).toContainEqual(expect.stringMatching(/SEARCH r USING INDEX recordings_in_order/));
    expect(steps).toContainEqual(expect.stringMatching(/SEARCH e USING INDEX recordings_by_take \(take_id=/));
    expect(steps.filter((step) => /^SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });
});

describe('several recordings', () => {
  it('are amended, trashed and restored together, or not at all', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings } = catalogue;
    const [a, b] = [await addSegment(catalogue, 'a', 0), await addSegment(catalogue, 'a', 1)];
    const targets = [a, b].map(({ id, version }) => ({ id, expectedVersion: version }));
    const amended = await recordings.amendAll(targets, { title: 'Both' });
    expect(amended.map(({ title, version }) => [title, version])).toEqual([
      ['Both', 2],
      ['Both', 2],
    ]);
    const stale = [{ id: a.id }, { id: b.id, expectedVersion: 1 }];
    const failed = await recordings.amendAll(stale, { title: 'Neither' }).catch(failureCodeOf);
    expect(failed).toBe('version-conflict');
    expect((await recordings.listTake('a')).map(({ title }) => title)).toEqual(['Both', 'Both']);
    await recordings.trashAll([a, b]);
    expect((await recordings.totals()).trashedCount).toBe(2);
    expect((await recordings.restoreAll([a, b])).map(({ status }) => status)).toEqual(['active', 'active']);
  });
});
