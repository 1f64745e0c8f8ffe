import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { readGrowthFigures } from '../../src/catalogue/growth-figures.ts';
import { readSameAudio } from '../../src/catalogue/same-audio.ts';
import { readStorageFigures } from '../../src/catalogue/storage-figures.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import { DatabaseJobQueue } from '../../src/jobs/database-job-queue.ts';
import { openPostgres } from '../databases.ts';
import { addRecording, type ScratchCatalogue, scratchCatalogue } from '../scratch-catalogue.ts';
import { someRecording } from '../some-recording.ts';

const postgres = await openPostgres();
const NOW = '2026-11-23T00:00:00.000Z';

/** One catalogue, as each of two stores has it. */
async function openBoth(): Promise<AsyncDisposable & { north: ScratchCatalogue; south: ScratchCatalogue }> {
  const north = await postgres.scratchCatalogue({ claim: async () => 'north' });
  if (!north.postgres) throw new Error('Expected a PostgreSQL database.');
  const south = await scratchCatalogue({ postgres: north.postgres, claim: async () => 'south' }, undefined);
  return {
    north,
    south,
    [Symbol.asyncDispose]: async () => {
      await south[Symbol.asyncDispose]();
      await north[Symbol.asyncDispose]();
    },
  };
}

const readRecordings = ({ contexts }: ScratchCatalogue) =>
  contexts.withSession({ readonly: true }, (db) => db.selectFrom('recordings').selectAll().execute());

const idsOf = (recordings: readonly { readonly id: string }[]) => recordings.map(({ id }) => id);

describe.skipIf(postgres.skipReason)('rows of two stores in one catalogue', () => {
  it('are walked, checked, measured and counted by the store that has the files', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const ofNorth = await addRecording(north, { filesizeBytes: 100 });
    const ofSouth = await addRecording(south, { filesizeBytes: 1_000 });
    for (const [catalogue, own] of [
      [north, ofNorth],
      [south, ofSouth],
    ] as const) {
      const { recordings, verification, contexts } = catalogue;
      const walked: string[] = [];
      for await (const { id } of recordings.streamAll(1)) walked.push(id);
      expect(walked).toEqual([own.id]);
      expect(await recordings.countHere()).toBe(1);
      expect((await recordings.totals()).recordingCount).toBe(2);
      expect(await recordings.listUnmeasured('', 10)).toEqual([own.id]);
      expect(await recordings.findByChecksum(ofNorth.checksum)).toEqual(
        catalogue === north ? { ...ofNorth, storeId: 'north' } : undefined,
      );
      expect(idsOf(await verification.listOldest(10, NOW))).toEqual([own.id]);
      expect(await verification.countDue(NOW)).toBe(1);
      const home = catalogue.stores.home;
      const figures = await contexts.withSession({ readonly: true }, (db) => readStorageFigures(db, home));
      expect(figures.byKind.file).toEqual({ count: 1, bytes: own.filesizeBytes });
      const growth = await contexts.withSession({ readonly: true }, (db) => readGrowthFigures(db, home, ''));
      expect(growth.days).toMatchObject([{ count: 1, bytes: own.filesizeBytes }]);
    }
  });

  it('are from before they named a store those of the one that had the catalogue', async () => {
    await using today = await postgres.scratchCatalogue();
    const { id } = await addRecording(today);
    const [row = {}] = (await readRecordings(today)) as Record<string, unknown>[];
    const former = await postgres.create({ isNew: true });
    const settings = { postgres: former.settings };
    const earlier = MIGRATIONS.filter(({ number }) => number < 10);
    const before = await scratchCatalogue({ ...settings, migrations: earlier }, undefined);
    await before.contexts.withSession({}, async (db) => {
      await sql`INSERT INTO stores (place, id, claimed_at) VALUES (1, 'north', ${NOW})`.execute(db);
      const { rows } = await sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = ${former.settings.schema} AND table_name = 'recordings' AND is_generated = 'NEVER'`.execute(
        db,
      );
      const names = rows.map(({ name }) => name);
      await sql`INSERT INTO recordings (${sql.join(names.map((name) => sql.ref(name)))})
        VALUES (${sql.join(names.map((name) => row[name]))})`.execute(db);
    });
    await before[Symbol.asyncDispose]();
    await using north = await scratchCatalogue({ ...settings, claim: async () => 'north' }, undefined);
    expect(await north.recordings.find(id)).toMatchObject({ storeId: 'north' });
    expect(await north.recordings.countHere()).toBe(1);
    await former.remove();
  });

  it('keep their faults apart', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const { id, storedFilename, checksum: expected } = await addRecording(north);
    const check = { id, storedFilename, expected, found: null, checkedAt: NOW, message: 'It is gone.' };
    await north.verification.enter([{ ...check, result: 'missing' }]);
    expect((await north.verification.report()).faults).toHaveLength(1);
    expect(await south.verification.report()).toEqual({ oldest: null, neverVerifiedCount: 0, faults: [] });
  });

  it('are claimed and settled by their own', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const claimed = someRecording();
    await north.recordings.claim(claimed, { isDeduplicated: true });
    expect(idsOf(await north.recordings.listPlacing())).toEqual([claimed.id]);
    expect(await south.recordings.listPlacing()).toEqual([]);
    // The same bytes are claimed once in each store.
    const twin = { ...someRecording(), checksum: claimed.checksum };
    expect(await south.recordings.claim(twin, { isDeduplicated: true })).toEqual({ outcome: 'claimed' });
    const third = { ...someRecording(), checksum: claimed.checksum };
    expect(await south.recordings.claim(third, { isDeduplicated: true })).toMatchObject({
      outcome: 'taken',
      by: { id: twin.id },
    });
  });

  it('owe their sidecars to one writer', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const { id } = await addRecording(north);
    await south.recordings.amend(id, { title: 'By the other one' });
    expect(await south.outbox.listOwed('', 10)).toEqual([]);
    expect(await south.outbox.findOwed(id)).toBeUndefined();
    expect(await north.outbox.listOwed('', 10)).toEqual([id]);
    expect((await north.outbox.findOwed(id))?.recording.title).toBe('By the other one');
  });

  it('are purged by their own, and a purge that broke off is ended there', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const { id } = await addRecording(north);
    await expect(south.tombstones.bury(id)).rejects.toMatchObject({ code: 'recording-unknown' });
    await north.tombstones.bury(id);
    expect(await south.tombstones.listUnfinished()).toEqual([]);
    expect(idsOf(await north.tombstones.listUnfinished())).toEqual([id]);
  });

  it('are not entered again, or buried, by a store in whose folder a copy of their files lies', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const recording = await addRecording(north);
    const known = { recording: { ...recording, version: 9, title: 'A copied sidecar' } };
    expect(await south.known.put([known])).toEqual(['taken']);
    await south.known.bury([
      { id: recording.id, checksum: recording.checksum, purgedAt: NOW, remains: null },
    ]);
    expect(await north.recordings.find(recording.id)).toMatchObject({ title: recording.title, version: 1 });
  });

  it('with the same audio are looked for within a store', async () => {
    await using both = await openBoth();
    const { north, south } = both;
    const audioChecksum = 'a'.repeat(64);
    await addRecording(north, { audioChecksum });
    await addRecording(south, { audioChecksum });
    const second = await addRecording(south, { audioChecksum });
    const sameIn = ({ contexts, stores }: ScratchCatalogue) =>
      contexts.withSession({ readonly: true }, (db) => readSameAudio(db, stores.home));
    expect(await sameIn(north)).toEqual([]);
    expect(idsOf((await sameIn(south)).map(({ id }) => ({ id: id ?? '' })))).toEqual([second.id]);
  });

  it('have jobs that only their own store leases, frees, lists and forgets', async () => {
    await using both = await openBoth();
    const queueOf = ({ contexts, stores }: ScratchCatalogue) =>
      new DatabaseJobQueue(contexts, { storeId: stores.home, holder: stores.home });
    const [north, south] = [queueOf(both.north), queueOf(both.south)];
    const wish = { kind: 'patrol', payload: null, dedupeKey: 'the store' };
    const first = await north.enqueue(wish);
    const second = await south.enqueue(wish);
    expect([first.isNew, second.isNew]).toEqual([true, true]);
    expect((await south.lease(['patrol'], 1))?.id).toBe(second.job.id);
    await expect
      .poll(() => south.lease(['patrol'], 60_000))
      .toMatchObject({ id: second.job.id, attempts: 2 });
    expect(await south.lease(['patrol'], 60_000)).toBeUndefined();
    expect(await south.count()).toEqual({ queued: 0, running: 1, dead: 0 });
    expect(await north.count()).toEqual({ queued: 1, running: 0, dead: 0 });
    expect(await north.releaseAll('south')).toBe(0);
    await expect(north.cancel(second.job.id)).rejects.toMatchObject({ code: 'job-unknown' });
    expect((await north.list()).map(({ id }) => id)).toEqual([first.job.id]);
    expect((await north.lease(['patrol'], 60_000))?.id).toBe(first.job.id);
  });
});
