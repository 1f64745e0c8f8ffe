import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { newId } from '../model/id.ts';
import type { Catalogue } from './open-catalogue.ts';

const itemsOf = async (catalogue: Catalogue, id: string) => (await catalogue.history.page(id)).items;

describe('the history of a recording', () => {
  it('says of each change when it was, whose, and what was there before', async () => {
    await using catalogue = await scratchCatalogue({
      clock: { nowMs: () => Date.UTC(2026, 10, 23, 12), monotonicMs: () => 0 },
    });
    const { recordings } = catalogue;
    const { id } = await addRecording(catalogue, { title: 'One', tags: ['a'] });
    expect(await itemsOf(catalogue, id)).toEqual([]);
    await recordings.amend(id, { title: 'Two', notes: 'n' }, undefined, 'anna');
    await recordings.amend(id, { addTags: ['b'], addCollections: ['Stories'] });
    await recordings.trash(id, undefined, 'bob');
    await recordings.restore(id, 'bob');
    const changedAt = '2026-11-23T12:00:00.000Z';
    expect(await itemsOf(catalogue, id)).toEqual([
      {
        version: 5,
        changedAt,
        by: 'bob',
        undoes: null,
        before: { isTrashed: true },
        after: { isTrashed: false },
      },
      {
        version: 4,
        changedAt,
        by: 'bob',
        undoes: null,
        before: { isTrashed: false },
        after: { isTrashed: true },
      },
      {
        version: 3,
        changedAt,
        by: 'owner',
        undoes: null,
        before: { tags: ['a'], collections: [] },
        after: { tags: ['a', 'b'], collections: ['Stories'] },
      },
      {
        version: 2,
        changedAt,
        by: 'anna',
        undoes: null,
        before: { title: 'One', notes: '' },
        after: { title: 'Two', notes: 'n' },
      },
    ]);
  });

  it('tells of a date that a person entered, and puts back the one before with how it was known', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings } = catalogue;
    const found = { recordedAt: '2026-11-01T10:00:00.000Z', recordedAtSource: 'bext' };
    const { id } = await addRecording(catalogue, { title: 'Old tape', ...found });
    const entered = { recordedAt: '1962-05-01T13:30:00.000Z', recordedAtSource: 'person' };
    expect(await recordings.amend(id, { recordedAt: '1962-05-01T14:30:00+01:00' })).toMatchObject({
      ...entered,
      version: 2,
    });
    // The same again changes nothing, and is known as before.
    expect(await recordings.amend(id, { recordedAt: entered.recordedAt })).toMatchObject({ version: 2 });
    expect(await itemsOf(catalogue, id)).toMatchObject([{ version: 2, before: found, after: entered }]);
    const sixties = { from: '1962-01-01', to: '1963-01-01' };
    expect((await recordings.list(sixties)).items.map((one) => one.id)).toEqual([id]);
    const { items } = await recordings.list({ order: 'oldest', ...sixties });
    expect(items).toMatchObject([entered]);
    expect(await recordings.amend(id, { recordedAt: null })).toMatchObject({
      recordedAt: null,
      recordedAtSource: null,
      version: 3,
    });
    expect(await catalogue.history.undo(id, 3)).toMatchObject(entered);
    expect(await catalogue.history.undo(id, 2)).toMatchObject({ ...found, version: 5 });
    for (const recordedAt of ['yesterday', '1962-05-01', '1962-13-01T00:00:00Z', '1962-05-01T14:30:00', ''])
      await expect(recordings.amend(id, { recordedAt }), recordedAt).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining('ISO 8601'),
      });
  });

  it('tells nothing of what machines change, nor of an amendment that changes nothing', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings } = catalogue;
    const { id, title } = await addRecording(catalogue);
    await recordings.amend(id, { title });
    await recordings.amend(id, { timeline: [{ kind: 'silence', atSeconds: 1, durationSeconds: 2 }] });
    await recordings.amend(id, { notes: 'Superseded.' }, undefined, null);
    await recordings.trash(id, undefined, null);
    await recordings.restore(id, null);
    await recordings.relocate(id, 'raw/elsewhere.wav');
    await recordings.keepMeasurement(id, {
      audioChecksum: 'a'.repeat(64),
      audioChecksumMethod: 'packets-v1',
      loudness: null,
      silenceShare: 0,
      remark: null,
    });
    expect(await itemsOf(catalogue, id)).toEqual([]);
  });

  it('is not written when the change is not', async () => {
    await using catalogue = await scratchCatalogue();
    const one = await addRecording(catalogue);
    const two = await addRecording(catalogue);
    const targets = [{ id: one.id }, { id: two.id, expectedVersion: 7 }];
    await expect(catalogue.recordings.amendAll(targets, { title: 'New' })).rejects.toMatchObject({
      code: 'version-conflict',
    });
    expect(await itemsOf(catalogue, one.id)).toEqual([]);
    expect((await catalogue.recordings.find(one.id))?.title).toBe(one.title);
  });

  it('comes in pages, and knows only its own cursors', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    for (let n = 0; n < 5; n++) await catalogue.recordings.amend(id, { title: `Title ${n}` });
    const first = await catalogue.history.page(id, { limit: 3 });
    expect(first.items.map(({ version }) => version)).toEqual([6, 5, 4]);
    const second = await catalogue.history.page(id, { limit: 3, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ version: 3 }, { version: 2 }], nextCursor: null });
    for (const cursor of ['', '-1', '1e3', 'x', '1'.repeat(16), "1' OR '1'='1"]) {
      await expect(catalogue.history.page(id, { cursor })).rejects.toMatchObject({ code: 'cursor-invalid' });
    }
    for (const limit of [0, 501, 1.5, Number.NaN]) {
      await expect(catalogue.history.page(id, { limit })).rejects.toMatchObject({ code: 'invalid-input' });
    }
    await expect(catalogue.history.page(newId(0))).rejects.toMatchObject({ code: 'recording-unknown' });
  });

  it('keeps whatever people write, and refuses what no database keeps', async () => {
    await using catalogue = await scratchCatalogue();
    const { id, title } = await addRecording(catalogue);
    const titles = [
      `'; DROP TABLE amendments; --`,
      '“Größe” \\ "x"',
      '🎙️👩‍🚀',
      '\u202eesrever',
      'ﷺ'.repeat(500),
    ];
    for (const wanted of titles) await catalogue.recordings.amend(id, { title: wanted });
    const notes = '🎙'.repeat(100_000);
    await catalogue.recordings.amend(id, { notes });
    for (const hostile of ['a\0b', '\0', 'x'.repeat(100_000)]) {
      await expect(catalogue.recordings.amend(id, { title: hostile })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    }
    const [newest, ...older] = await itemsOf(catalogue, id);
    expect(newest?.after).toEqual({ notes });
    expect(older.map(({ after }) => after.title).toReversed()).toEqual(titles);
    expect(older.map(({ before }) => before.title).toReversed()).toEqual([title, ...titles.slice(0, -1)]);
  });

  it('ends a page early rather than answer with megabytes', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    for (let n = 0; n < 8; n++) await catalogue.recordings.amend(id, { notes: `${n}`.repeat(100_000) });
    const versions: number[] = [];
    let pages = 0;
    for (let cursor: string | undefined; ; pages++) {
      const page = await catalogue.history.page(id, cursor === undefined ? {} : { cursor });
      versions.push(...page.items.map(({ version }) => version));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(versions).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
    expect(pages).toBe(1);
    // A sidecar has room for the last change only.
    const owed = await catalogue.outbox.findOwed(id);
    expect(owed?.history.map(({ version }) => version)).toEqual([9]);
  });

  it('goes when the recording is purged', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    await catalogue.recordings.amend(id, { title: 'Secret', collections: ['Secrets'] });
    await catalogue.tombstones.bury(id);
    const rows = await catalogue.contexts.withSession({ readonly: true }, (db) =>
      db.selectFrom('amendments').selectAll().execute(),
    );
    expect(rows).toEqual([]);
    expect(await catalogue.collections.list()).toEqual([]);
  });
});

describe('undo', () => {
  it('puts back what one change found, as a new change that says so', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings, history } = catalogue;
    const { id } = await addRecording(catalogue, { title: 'One', notes: 'n' });
    await recordings.amend(id, { title: 'Two' });
    await recordings.amend(id, { notes: 'm', markers: [{ atSeconds: 1, label: 'here' }] });
    const undone = await history.undo(id, 2, undefined, 'anna');
    expect(undone).toMatchObject({ title: 'One', notes: 'm', version: 4 });
    expect((await itemsOf(catalogue, id))[0]).toMatchObject({
      version: 4,
      by: 'anna',
      undoes: 2,
      before: { title: 'Two' },
      after: { title: 'One' },
    });
    // An undo is a change like any other, and its sidecar is owed.
    expect(await history.undo(id, 4)).toMatchObject({ title: 'Two', version: 5 });
    expect((await catalogue.outbox.findOwed(id))?.recording.version).toBe(5);
  });

  it('is refused when a later change touched the same field, and says which', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings, history } = catalogue;
    const { id } = await addRecording(catalogue, { title: 'One' });
    await recordings.amend(id, { title: 'Two', tags: ['a'] });
    await recordings.amend(id, { notes: 'n' });
    await recordings.amend(id, { title: 'Three' });
    await expect(history.undo(id, 2)).rejects.toMatchObject({
      code: 'undo-conflict',
      message: expect.stringContaining('the title was changed again since (by version 4)'),
      details: { fields: ['title'], versions: [4] },
    });
    expect(await recordings.find(id)).toMatchObject({ title: 'Three', tags: ['a'], version: 4 });
    // Once the later one is taken back, nothing stands in the way.
    await history.undo(id, 4);
    expect(await history.undo(id, 2)).toMatchObject({ title: 'One', tags: [], notes: 'n' });
  });

  it('takes out of the trash and puts back into it', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings, history } = catalogue;
    const { id } = await addRecording(catalogue);
    await recordings.trash(id);
    expect(await history.undo(id, 2)).toMatchObject({ status: 'active', trashedAt: null });
    expect(await history.undo(id, 3)).toMatchObject({ status: 'trashed' });
    await recordings.restore(id);
    await expect(history.undo(id, 2)).rejects.toMatchObject({
      code: 'undo-conflict',
      details: { fields: ['isTrashed'], versions: [5, 4, 3] },
    });
  });

  it('is of changes that there were, at the version that was seen', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings, history } = catalogue;
    const { id } = await addRecording(catalogue);
    await recordings.amend(id, { title: 'Two' });
    await expect(history.undo(newId(0), 2)).rejects.toMatchObject({ code: 'recording-unknown' });
    for (const version of [0, 1, 3, -1, 2 ** 40]) {
      await expect(history.undo(id, version)).rejects.toMatchObject({ code: 'amendment-unknown' });
    }
    await expect(history.undo(id, 2, 1)).rejects.toMatchObject({ code: 'version-conflict' });
    expect(await history.undo(id, 2, 2)).toMatchObject({ title: 'Interview' });
  });

  it('lets one of two who undo the same change win', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue, { title: 'One' });
    await catalogue.recordings.amend(id, { title: 'Two' });
    const both = await Promise.allSettled([catalogue.history.undo(id, 2), catalogue.history.undo(id, 2)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await catalogue.recordings.find(id)).toMatchObject({ title: 'One', version: 3 });
  });
});

describe('two writers', () => {
  it('never overwrite each other: of many at one version one wins, and each change stands in the history', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue, { title: 'Start' });
    let conflicts = 0;
    const write = async (name: string) => {
      for (;;) {
        const seen = await catalogue.recordings.find(id);
        const notes = `${seen?.notes}${name}`;
        try {
          await catalogue.recordings.amend(id, { notes }, seen?.version, name);
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: 'version-conflict' });
          conflicts += 1;
        }
      }
    };
    const names = [...'abcdefgh'];
    await Promise.all(names.map(write));
    const now = await catalogue.recordings.find(id);
    expect([...(now?.notes ?? '')].toSorted()).toEqual(names);
    expect(now?.version).toBe(1 + names.length);
    expect(conflicts).toBeGreaterThan(0);
    const items = (await itemsOf(catalogue, id)).toReversed();
    expect(items.map(({ by }) => by).join('')).toBe(now?.notes);
    expect(items.map(({ before, after }) => [before.notes, after.notes])).toEqual(
      items.map(({ by }, index) => {
        const before = items
          .slice(0, index)
          .map((one) => one.by)
          .join('');
        return [before, before + by];
      }),
    );
  });

  it('both get through when they amend the same ones together, in whatever order they name them', async () => {
    await using catalogue = await scratchCatalogue();
    const targets: { id: string }[] = [];
    for (let n = 0; n < 6; n++) targets.push({ id: (await addRecording(catalogue)).id });
    const words = [...'abcdef'];
    const answers = await Promise.all(
      words.map((word, n) =>
        catalogue.recordings.amendAll(
          n % 2 === 0 ? targets : targets.toReversed(),
          { addTags: [word] },
          word,
        ),
      ),
    );
    expect(answers.map((changed) => changed[0]?.id)).toEqual(
      words.map((_, n) => targets.at(n % 2 === 0 ? 0 : -1)?.id),
    );
    for (const { id } of targets) {
      const now = await catalogue.recordings.find(id);
      expect(now?.tags.toSorted()).toEqual(words);
      expect((await itemsOf(catalogue, id)).map(({ by }) => by).toReversed()).toEqual(now?.tags);
    }
    expect(await catalogue.recordings.tags()).toEqual(words.map((tag) => ({ tag, count: 6 })));
  });
});
