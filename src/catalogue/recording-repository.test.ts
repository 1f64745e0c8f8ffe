import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import { newId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { UploadReceipt } from '../model/upload.ts';

const at = (ms: number) => new Date(Date.parse('2026-11-22T12:00:00.000Z') + ms).toISOString();

function receiptFor(recording: Recording): UploadReceipt {
  return {
    uploadId: recording.id,
    recordingId: recording.id,
    checksum: recording.checksum,
    sizeBytes: recording.filesizeBytes,
    isDuplicate: false,
    completedAt: recording.createdAt,
  };
}

describe('claim and activate', () => {
  it('gives back every field of a recording as it was handed over', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = someRecording({
      title: 'Ω — “quotes” 🎙',
      tags: ['Straße', 'b'],
      notes: 'line 1\nline 2',
      markers: [{ atSeconds: 1.5, label: 'here' }],
      embedded: { ...someRecording().embedded, bext: { Description: 'x' } },
      warnings: [{ code: 'truncated', message: 'The end is missing.' }],
      takeId: 'take-1',
      segment: 2,
      recordedAt: at(0),
      parentIds: [newId(1)],
    });
    expect(await catalogue.recordings.claim(recording, { isDeduplicated: true })).toEqual({
      outcome: 'claimed',
    });
    expect(await catalogue.recordings.find(recording.id)).toEqual(recording);
    const active = await catalogue.recordings.activate(recording, receiptFor(recording));
    expect(active).toEqual({ ...recording, status: 'active' });
    expect(await catalogue.recordings.find(recording.id)).toEqual(active);
    expect(await catalogue.recordings.findReceipt(recording.id)).toEqual(receiptFor(recording));
  });

  it('lets one of many racing claims for the same bytes win', async () => {
    await using catalogue = await scratchCatalogue();
    const checksum = 'c'.repeat(64);
    const rivals = Array.from({ length: 20 }, () => someRecording({ checksum }));
    const outcomes = await Promise.all(
      rivals.map((rival) => catalogue.recordings.claim(rival, { isDeduplicated: true })),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    const winner = await catalogue.recordings.findByChecksum(checksum);
    const losers = outcomes.filter((outcome) => outcome.outcome === 'taken');
    expect(losers.map((loser) => loser.by)).toEqual(Array(19).fill(winner));
  });

  it('lets takes and edits have the same bytes', async () => {
    await using catalogue = await scratchCatalogue();
    const checksum = 'd'.repeat(64);
    const file = someRecording({ checksum });
    const take = someRecording({ checksum, kind: 'take' });
    for (const [recording, isDeduplicated] of [
      [take, false],
      [file, true],
      [someRecording({ checksum, kind: 'edit' }), false],
    ] as const) {
      expect(await catalogue.recordings.claim(recording, { isDeduplicated })).toEqual({ outcome: 'claimed' });
    }
    expect((await catalogue.recordings.findByChecksum(checksum))?.id).toBe(file.id);
  });

  it('is harmless when repeated', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = someRecording();
    await catalogue.recordings.claim(recording, { isDeduplicated: true });
    expect(await catalogue.recordings.claim(recording, { isDeduplicated: true })).toEqual({
      outcome: 'claimed',
    });
    await catalogue.recordings.activate(recording, null);
    const amended = await catalogue.recordings.amend(recording.id, { title: 'New name' });
    expect(await catalogue.recordings.activate(recording, receiptFor(recording))).toEqual(amended);
    expect(await catalogue.recordings.findReceipt(recording.id)).toEqual(receiptFor(recording));
    expect(await catalogue.recordings.claim(recording, { isDeduplicated: true })).toEqual({
      outcome: 'taken',
      by: amended,
    });
    expect(await catalogue.recordings.totals()).toMatchObject({ recordingCount: 1 });
  });

  it('refuses a path that another recording lies under', async () => {
    await using catalogue = await scratchCatalogue();
    await addRecording(catalogue, { storedFilename: 'raw/same.wav' });
    const second = someRecording({ storedFilename: 'raw/same.wav' });
    await expect(catalogue.recordings.claim(second, { isDeduplicated: true })).rejects.toMatchObject({
      code: 'blob-exists',
    });
  });

  it('lists what is being placed, and frees what an abandoned claim had reserved', async () => {
    await using catalogue = await scratchCatalogue();
    const first = someRecording({ checksum: 'e'.repeat(64) });
    const done = await addRecording(catalogue);
    await catalogue.recordings.claim(first, { isDeduplicated: true });
    expect((await catalogue.recordings.listPlacing()).map(({ id }) => id)).toEqual([first.id]);
    await catalogue.recordings.abandonClaim(first.id);
    await catalogue.recordings.abandonClaim(done.id);
    expect(await catalogue.recordings.listPlacing()).toEqual([]);
    expect(await catalogue.recordings.find(done.id)).toEqual(done);
    const second = someRecording({ checksum: first.checksum });
    expect(await catalogue.recordings.claim(second, { isDeduplicated: true })).toEqual({
      outcome: 'claimed',
    });
  });

  it('shows nothing of a recording that is still being placed', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.recordings.claim(someRecording({ tags: ['x'] }), { isDeduplicated: true });
    expect((await catalogue.recordings.list({})).items).toEqual([]);
    expect((await catalogue.recordings.list({ query: 'interview' })).items).toEqual([]);
    expect(await catalogue.recordings.tags()).toEqual([]);
    expect(await catalogue.recordings.totals()).toMatchObject({ recordingCount: 0, recordingBytes: 0 });
  });

  it.each([
    ['an id of another form', { id: '../../etc/passwd' }],
    ['a checksum that is none', { checksum: 'abc' }],
    ['a NUL in a name', { filename: 'a\0b.wav' }],
    ['a date that is none', { createdAt: 'yesterday', id: newId(1) }],
  ])('refuses %s', async (_, facts) => {
    await using catalogue = await scratchCatalogue();
    const recording = { ...someRecording(), ...facts };
    await expect(catalogue.recordings.claim(recording, { isDeduplicated: true })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('cannot activate what nobody claimed', async () => {
    await using catalogue = await scratchCatalogue();
    await expect(catalogue.recordings.activate(someRecording(), null)).rejects.toMatchObject({
      code: 'recording-unknown',
    });
  });
});

describe('amend', () => {
  it('counts the version up, dates the change and finds the recording by its new words only', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue, { title: 'Old words', tags: ['one'] });
    const amended = await catalogue.recordings.amend(id, {
      title: '  Fresh title ',
      tags: ['Two', 'two', ' three '],
    });
    expect(amended).toMatchObject({ title: 'Fresh title', tags: ['Two', 'three'], version: 2 });
    expect(await catalogue.recordings.find(id)).toEqual(amended);
    expect((await catalogue.recordings.list({ query: 'fresh' })).items).toMatchObject([amended]);
    expect((await catalogue.recordings.list({ query: 'old' })).items).toEqual([]);
    expect((await catalogue.recordings.list({ tag: 'TWO' })).items).toEqual([amended]);
    expect(await catalogue.recordings.tags()).toEqual([
      { tag: 'three', count: 1 },
      { tag: 'Two', count: 1 },
    ]);
  });

  it('changes nothing when nothing is different', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    expect(await catalogue.recordings.amend(recording.id, { title: recording.title })).toEqual(recording);
    expect(await catalogue.recordings.amend(recording.id, {})).toEqual(recording);
  });

  it('lets one of two amendments of the same version win', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    const titles = ['mine', 'yours'];
    const results = await Promise.allSettled(
      titles.map((title) => catalogue.recordings.amend(id, { title }, 1)),
    );
    // Whichever came first where each has a connection of its own.
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results[1 - winner]).toMatchObject({
      reason: { code: 'version-conflict', details: { expected: 1, found: 2 } },
    });
    expect((await catalogue.recordings.find(id))?.title).toBe(titles[winner]);
  });

  it.each([
    ['an empty title', { title: ' \t ' }],
    ['a title of 501 characters', { title: '🎙'.repeat(501) }],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }],
    ['a tag of 101 characters', { tags: ['x'.repeat(101)] }],
    ['an empty tag', { tags: ['a', ' '] }],
    ['notes of 100,001 characters', { notes: 'n'.repeat(100_001) }],
    ['NUL in the title', { title: 'a\0' }],
    ['NUL in the notes', { notes: '\0' }],
    ['NUL in a tag', { tags: ['a\0b'] }],
    ['a marker before the beginning', { markers: [{ atSeconds: -1, label: '' }] }],
    ['a marker nowhere', { markers: [{ atSeconds: Number.NaN, label: '' }] }],
  ])('refuses %s and changes nothing', async (_, amendment) => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    await expect(catalogue.recordings.amend(recording.id, amendment)).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect(await catalogue.recordings.find(recording.id)).toEqual(recording);
  });

  it('takes what is just within the limits', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    const amendment = {
      title: '🎙'.repeat(500),
      notes: 'ö'.repeat(100_000),
      tags: Array.from({ length: 50 }, (_, i) => `${i}`.padStart(100, 'x')),
    };
    expect(await catalogue.recordings.amend(id, amendment)).toMatchObject(amendment);
    expect(await catalogue.recordings.find(id)).toMatchObject(amendment);
  });

  it.each([
    "Robert'); DROP TABLE recordings;--",
    '"quoted" AND NOT (x OR y) NEAR/2',
    '‮gnp.exe',
    '\u{1F468}‍\u{1F469}‍\u{1F467}',
    'é versus é',
    '../../../etc/passwd',
    '<script>alert(1)</script>',
    'lone \ud800 surrogate',
    '%s %n {{7*7}}',
  ])('keeps the hostile title %j and finds it again', async (title) => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    const amended = await catalogue.recordings.amend(id, { title });
    expect(amended.title).toBe(title.toWellFormed().normalize('NFC'));
    expect(await catalogue.recordings.find(id)).toEqual(amended);
    expect((await catalogue.recordings.list({ query: title })).items.map((item) => item.id)).toEqual(
      /[\p{L}\p{N}]/u.test(title) ? [id] : [],
    );
  });

  it('rejects for a recording that is unknown or still being placed', async () => {
    await using catalogue = await scratchCatalogue();
    const placing = someRecording();
    await catalogue.recordings.claim(placing, { isDeduplicated: true });
    for (const id of [newId(1), placing.id, '', "' OR 1=1"]) {
      await expect(catalogue.recordings.amend(id, { title: 'x' })).rejects.toMatchObject({
        code: 'recording-unknown',
      });
    }
  });
});

describe('the trash', () => {
  it('takes a recording out of list, search, tags and totals, and gives it back', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue, {
      title: 'Lost words',
      tags: ['keep'],
      filesizeBytes: 70,
    });
    const trashed = await catalogue.recordings.trash(recording.id, 1);
    expect(trashed).toMatchObject({ status: 'trashed', version: 2, trashedAt: trashed.modifiedAt });
    expect((await catalogue.recordings.list({})).items).toEqual([]);
    expect((await catalogue.recordings.list({ query: 'lost' })).items).toEqual([]);
    expect((await catalogue.recordings.list({ tag: 'keep' })).items).toEqual([]);
    expect((await catalogue.recordings.list({ isTrashed: true })).items).toEqual([trashed]);
    expect((await catalogue.recordings.list({ isTrashed: true, query: 'lost' })).items).toMatchObject([
      trashed,
    ]);
    expect((await catalogue.recordings.list({ isTrashed: true, tag: 'keep' })).items).toEqual([trashed]);
    expect(await catalogue.recordings.tags()).toEqual([]);
    const totals = { recordingCount: 0, recordingBytes: 0, trashedCount: 1, trashedBytes: 70 };
    expect(await catalogue.recordings.totals()).toEqual(totals);
    expect(await catalogue.recordings.trash(recording.id)).toEqual(trashed);

    const restored = await catalogue.recordings.restore(recording.id);
    expect(restored).toMatchObject({ status: 'active', version: 3, trashedAt: null });
    expect((await catalogue.recordings.list({ query: 'lost', tag: 'keep' })).items).toMatchObject([restored]);
    expect(await catalogue.recordings.tags()).toEqual([{ tag: 'keep', count: 1 }]);
    expect(await catalogue.recordings.restore(recording.id)).toEqual(restored);
    expect(await catalogue.recordings.totals()).toMatchObject({ recordingCount: 1, trashedCount: 0 });
  });

  it('gives a damaged recording its status back', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue, { status: 'damaged' });
    await catalogue.recordings.trash(id);
    expect((await catalogue.recordings.restore(id)).status).toBe('damaged');
  });

  it('rejects a stale version', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    await catalogue.recordings.amend(id, { title: 'changed' });
    await expect(catalogue.recordings.trash(id, 1)).rejects.toMatchObject({ code: 'version-conflict' });
  });
});

describe('addAlias', () => {
  it('keeps what a duplicate brought along once, finds it by that name and stores its receipt', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = await addRecording(catalogue);
    const alias = {
      filename: 'zebra.wav',
      title: 'Okapi',
      tags: [],
      notes: '',
      recordedAt: null,
      addedAt: at(0),
    };
    const receipt = { ...receiptFor(recording), uploadId: newId(5), isDuplicate: true };
    const aliased = await catalogue.recordings.addAlias(recording.id, alias, receipt);
    expect(aliased).toMatchObject({ aliases: [alias], version: 2 });
    const again = await catalogue.recordings.addAlias(recording.id, { ...alias, addedAt: at(1) }, null);
    expect(again).toEqual(aliased);
    expect((await catalogue.recordings.list({ query: 'zebra' })).items).toMatchObject([aliased]);
    expect((await catalogue.recordings.list({ query: 'okap' })).items).toMatchObject([aliased]);
    expect(await catalogue.recordings.findReceipt(receipt.uploadId)).toEqual(receipt);
  });
});

describe('totals and tag counts', () => {
  it('agree with a count after many random changes', async () => {
    await using catalogue = await scratchCatalogue();
    const recordings = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        addRecording(catalogue, { tags: [`t${i % 4}`], filesizeBytes: i }),
      ),
    );
    await Promise.all(
      recordings.map(async ({ id }, i) => {
        if (i % 3 === 0) await catalogue.recordings.trash(id);
        if (i % 5 === 0) await catalogue.recordings.amend(id, { tags: ['t0', 'new'] });
        if (i % 6 === 0) await catalogue.recordings.restore(id);
      }),
    );
    const { counted, tags } = await catalogue.contexts.withSession({ readonly: true }, async (db) => ({
      counted: await db
        .selectFrom('recordings')
        .select('shelf')
        .select((row) => [
          row.fn.countAll<number>().as('n'),
          row.fn.sum<number>('filesize_bytes').as('bytes'),
        ])
        .groupBy('shelf')
        .orderBy('shelf')
        .execute(),
      tags: await db
        .selectFrom('recording_tags')
        .select('tag_key as tag')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('shelf', '=', 'library')
        .groupBy('tag_key')
        .orderBy('count', 'desc')
        .orderBy('tag_key')
        .execute(),
    }));
    const totals = await catalogue.recordings.totals();
    expect(counted).toEqual([
      { shelf: 'library', n: totals.recordingCount, bytes: totals.recordingBytes },
      { shelf: 'trash', n: totals.trashedCount, bytes: totals.trashedBytes },
    ]);
    expect(await catalogue.recordings.tags()).toEqual(tags);
  });
});

describe('streamAll', () => {
  it('walks everything that has a file, oldest first, whatever the batch', async () => {
    await using catalogue = await scratchCatalogue();
    const added: Recording[] = [];
    // Added out of order, some within the same millisecond.
    for (const ms of [5, 3, 3, 9, 1, 3, 7]) added.push(await addRecording(catalogue, { createdAt: at(ms) }));
    await catalogue.recordings.trash(added[0]?.id ?? '');
    await catalogue.recordings.claim(someRecording(), { isDeduplicated: true });
    const expected = added
      .toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1))
      .map(({ id }) => id);
    for (const batchSize of [1, 2, 3, 100]) {
      const seen: string[] = [];
      for await (const recording of catalogue.recordings.streamAll(batchSize)) seen.push(recording.id);
      expect(seen).toEqual(expected);
    }
  });
});
