import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { newId } from '../../src/model/id.ts';
import type { RecorderEvent } from '../../src/model/recorder-event.ts';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { NOTHING_SAID } from '../../src/model/upload.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { rebuildStore } from '../../src/rebuild-store.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import { openPostgres, type ScratchSchema } from '../databases.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';

const postgres = await openPostgres();
let folder: string;
let schema: ScratchSchema;
let north: VoiceRecorder;
let south: VoiceRecorder;
let fileCount = 0;
const PATIENCE = { timeout: 120_000, interval: 50 };

function urlOf({ user = '', password = '', host, port, database }: PostgresSettings): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

interface Sharing {
  readonly sharedCatalogue?: boolean;
}

function overridesFor(name: string, sharing: Sharing) {
  return {
    dataDir: join(folder, name, 'store'),
    stateDir: join(folder, name, 'state'),
    databaseUrl: urlOf(schema.settings),
    databaseSchema: schema.settings.schema,
    patrolMbPerSecond: 0,
    ...sharing,
  };
}

function open(name: string, sharing: Sharing = {}): Promise<VoiceRecorder> {
  return openVoiceRecorder({ environment: 'testing', overrides: overridesFor(name, sharing) });
}

async function importInto(recorder: VoiceRecorder, title: string): Promise<string> {
  const outcome = await recorder.library.importFile(newWav(title), { title });
  if (outcome.status !== 'stored') throw new Error(`Expected "${title}" to be stored: ${outcome.status}`);
  return idOf(outcome);
}

async function recordSegment(recorder: VoiceRecorder, takeId: string, segment: number): Promise<string> {
  const bytes = await readFile(newWav(`${takeId}-${segment}`));
  const wish = { ...NOTHING_SAID, kind: 'take' as const, filename: 'take.wav', takeId, segment };
  const { id } = await recorder.uploads.create(wish, bytes.byteLength);
  await recorder.uploads.append(id, {
    offsetBytes: 0,
    body: Readable.from([bytes]),
    checksum: null,
    contentLengthBytes: bytes.byteLength,
    lengthBytes: null,
  });
  return id;
}

function newWav(name: string): string {
  const file = join(folder, `${name}.wav`);
  fileCount += 1;
  writeWav(file, voiceSamples(0.2 + fileCount / 100, 8_000, 1), 8_000);
  return file;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => failureCodeOf(error) ?? error,
  );

const titlesIn = async (recorder: VoiceRecorder, isTrashed = false) =>
  (await recorder.library.list({ order: 'title', isTrashed })).items.map(({ title }) => title);

describe.skipIf(postgres.skipReason)('two stores with one catalogue', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vrp-shared-'));
    schema = await postgres.create();
    north = await open('north', { sharedCatalogue: true });
    south = await open('south', { sharedCatalogue: true });
  });
  afterAll(async () => {
    await north?.close();
    await south?.close();
    await schema?.remove();
    await rm(folder, { recursive: true, force: true });
  });
  let id = '';
  beforeEach(async () => {
    id ||= await importInto(north, 'From the north');
  });

  it('are named to each other', async () => {
    expect(await south.stores()).toEqual([
      { id: north.storeId, name: expect.stringContaining(north.dataDir), isHere: false },
      { id: south.storeId, name: expect.stringContaining(south.dataDir), isHere: true },
    ]);
  });

  it('list, search, count and tag the recordings of both', async () => {
    const other = await importInto(south, 'Out of the south');
    for (const recorder of [north, south]) {
      expect(await titlesIn(recorder)).toEqual(['From the north', 'Out of the south']);
      expect((await recorder.library.list({ query: 'north' })).items).toMatchObject([
        { id, storeId: north.storeId },
      ]);
      expect(await recorder.isReady()).toBe(true);
    }
    await south.library.amend(id, { tags: ['Compass'], collections: ['Winds'] });
    await north.library.amend(other, { tags: ['compass'] });
    expect(await north.library.tags()).toEqual([{ tag: 'Compass', count: 2 }]);
    expect(await north.library.collections()).toEqual([{ collection: 'Winds', count: 1 }]);
    await south.library.undo(id, (await south.library.find(id))?.version ?? 0);
    expect(await north.library.find(id)).toMatchObject({ tags: [], collections: [] });
  });

  it('trash and restore recordings of each other, and purge only their own', async () => {
    await south.library.trash(id);
    expect(await titlesIn(north, true)).toEqual(['From the north']);
    expect(await codeOf(south.files.purge(id))).toBe('stored-elsewhere');
    const { recommendations = [] } = await south.storageReport({ isThorough: true });
    expect(recommendations.map(({ kind }) => kind)).not.toContain('trash');
    await north.library.restore(id);
    expect(await titlesIn(south, true)).toEqual([]);
  });

  it('give out audio only where it lies, and say where that is', async () => {
    for (const touch of [
      () => south.library.audio(id),
      () => south.library.playable(id),
      () => south.library.peaks(id, {}),
      () => south.files.pathOf(id),
      () => south.files.openRange(id),
      () => south.verification.verify(id),
      () => south.verification.repair(id),
    ]) {
      await expect(touch()).rejects.toMatchObject({
        code: 'stored-elsewhere',
        message: expect.stringContaining(north.dataDir),
        details: { storeId: north.storeId },
      });
    }
    expect((await north.library.audio(id)).sizeBytes).toBeGreaterThan(0);
  });

  it('each keep a file that both are given', async () => {
    const file = newWav('Given twice');
    const first = await north.library.importFile(file, { title: 'Given twice' });
    const second = await south.library.importFile(file, { title: 'Given twice' });
    expect([first.status, second.status]).toEqual(['stored', 'stored']);
    expect(await north.library.importFile(file)).toMatchObject({ status: 'duplicate', id: idOf(first) });
    expect(await south.library.importFile(file)).toMatchObject({ status: 'duplicate', id: idOf(second) });
    expect((await south.library.audio(idOf(second))).sizeBytes).toBeGreaterThan(0);
  });

  it('show a take as one whose segments lie in both, and join it in neither', async () => {
    const takeId = newId(Date.now());
    const segments = [await recordSegment(north, takeId, 0), await recordSegment(south, takeId, 1)];
    for (const recorder of [north, south]) {
      const take = await recorder.takes.find(takeId);
      expect(take?.segments.map((segment) => segment.id)).toEqual(segments);
      expect(take).toMatchObject({ joined: null, joinedProblem: expect.stringContaining('1 of the 2') });
      expect(await codeOf(recorder.takes.audio(takeId))).toBe('stored-elsewhere');
    }
    await south.takes.amend(takeId, { title: 'Of both' });
    expect((await north.takes.find(takeId))?.segments.map(({ title }) => title)).toEqual([
      'Of both',
      'Of both',
    ]);
    // A take that is wholly at one of them is joined there, and says at the other one where it lies.
    const whole = newId(Date.now());
    for (const number of [0, 1]) await recordSegment(north, whole, number);
    expect(await north.takes.find(whole)).toMatchObject({ joinedProblem: null });
    expect((await north.takes.audio(whole)).sizeBytes).toBeGreaterThan(0);
    expect((await south.takes.find(whole))?.joinedProblem).toContain(north.dataDir);
  });

  it('let go what is theirs when they clean up', async () => {
    const mine = await importInto(south, 'Old trash of the south');
    const theirs = await importInto(north, 'Old trash of the north');
    for (const trashed of [mine, theirs]) await south.library.trash(trashed);
    await south.contextManager.withSession({}, (db) =>
      db
        .updateTable('recordings')
        .set({ trashed_at: '2026-01-01T00:00:00.000Z' })
        .where('status', '=', 'trashed')
        .execute(),
    );
    const [trash] = (await south.cleanup.recommend()).filter(({ kind }) => kind === 'trash');
    expect(trash).toMatchObject({ count: 1 });
    await south.cleanup.apply(['derived', 'trash', 'duplicates', 'snapshots']);
    expect(await titlesIn(south, true)).toEqual(['Old trash of the north']);
    expect((await north.library.audio(theirs)).sizeBytes).toBeGreaterThan(0);
    await north.library.restore(theirs);
  });

  it('take in a third one that had recordings of its own, by a rebuild from its files', async () => {
    const { databaseUrl: _, databaseSchema: __, ...onSqlite } = overridesFor('east', {});
    const before = await openVoiceRecorder({ environment: 'testing', overrides: onSqlite });
    const old = await importInto(before, 'From the east');
    await before.library.amend(old, { tags: ['Orient'] });
    await before.close();
    const overrides = overridesFor('east', { sharedCatalogue: true });
    expect(await codeOf(open('east', { sharedCatalogue: true }))).toBe('catalogue-missing');
    const theirs = await north.library.list({});
    const rebuilt = await rebuildStore({ environment: 'testing', overrides });
    expect(rebuilt).toEqual({ recovered: 1, adopted: 0, failed: [], keptFile: null });
    expect(await rebuildStore({ environment: 'testing', overrides })).toMatchObject({
      adopted: 0,
      failed: [],
    });
    const east = await open('east', { sharedCatalogue: true });
    expect(await south.library.find(old)).toMatchObject({ storeId: east.storeId, tags: ['Orient'] });
    expect((await east.library.audio(old)).sizeBytes).toBeGreaterThan(0);
    expect(await codeOf(south.library.audio(old))).toBe('stored-elsewhere');
    await east.close();
    for (const { id: other, version } of theirs.items)
      expect((await south.library.find(other))?.version).toBeGreaterThanOrEqual(version);
    expect(await codeOf(rebuildStore({ environment: 'testing', overrides: overridesFor('east', {}) }))).toBe(
      'catalogue-of-other-store',
    );
  });

  it('compare, verify and count only what is theirs', async () => {
    await importInto(south, 'Only here');
    const before = await north.library.find(id);
    const report = await south.verification.reconcile();
    expect(report).toMatchObject({ adopted: 0, missing: 0, failed: [] });
    expect(await north.library.find(id)).toEqual(before);
    expect(await south.verification.report()).toMatchObject({ faults: [] });
    const { byKind, recordingCount } = await south.storageReport();
    const mine = (await south.library.list({})).items.filter(({ storeId }) => storeId === south.storeId);
    expect(byKind['originals']?.count).toBe(mine.length);
    expect(recordingCount).toBe(mine.length);
  });

  it('see jobs of their own only', async () => {
    const other = await importInto(south, 'With jobs');
    const about = async (recorder: VoiceRecorder) =>
      (await recorder.jobs.list({ limit: 500 })).items.flatMap(({ payload }) => {
        const { recordingId } = payload as { recordingId?: string };
        return recordingId ?? [];
      });
    await expect.poll(() => about(south), PATIENCE).toContain(other);
    expect(await about(north)).not.toContain(other);
    const [job] = (await south.jobs.list()).items;
    expect(await north.jobs.find(job?.id ?? '')).toBeUndefined();
    expect(await codeOf(north.jobs.cancel(job?.id ?? ''))).toBe('job-unknown');
  });

  it('write the sidecars that another one made them owe', async () => {
    const { storedFilename } = await south.library.amend(id, { notes: 'Written by the other one' });
    const read = (recorder: VoiceRecorder) =>
      readFile(join(recorder.dataDir, sidecarKey(storedFilename)), 'utf8');
    await expect.poll(() => read(north), PATIENCE).toContain('Written by the other one');
    expect(existsSync(join(south.dataDir, sidecarKey(storedFilename)))).toBe(false);
    // Also when nobody was there to be told.
    await north.close();
    await south.library.amend(id, { notes: 'Written while it was away' });
    north = await open('north', { sharedCatalogue: true });
    await expect.poll(() => read(north), PATIENCE).toContain('Written while it was away');
  });

  it('tell each other what is changed, once, and nothing of it twice', async () => {
    const heard: RecorderEvent[] = [];
    const stop = south.subscribe((event) => heard.push(event));
    const told = () =>
      heard.flatMap((event) => {
        if (event.type === 'recording-purged') return `${event.type} ${event.recordingId}`;
        if (event.type !== 'recording-added' && event.type !== 'recording-changed') return [];
        return `${event.type} ${event.recording.id} ${event.recording.title}`;
      });
    const other = await importInto(north, 'Heard of');
    await expect.poll(told, PATIENCE).toContain(`recording-added ${other} Heard of`);
    await north.library.amend(other, { title: 'Heard again' });
    await expect.poll(told, PATIENCE).toContain(`recording-changed ${other} Heard again`);
    await north.files.purge(other);
    await expect.poll(told, PATIENCE).toContain(`recording-purged ${other}`);
    await south.library.amend(id, { title: 'From the north, still' });
    const last = await importInto(north, 'The end');
    await expect.poll(told, PATIENCE).toContain(`recording-added ${last} The end`);
    stop();
    // What was done here is told here, and does not come back from there.
    expect(told().filter((line) => line === `recording-changed ${id} From the north, still`)).toHaveLength(1);
    expect(told().filter((line) => line === `recording-purged ${other}`)).toHaveLength(1);
  });

  it('lose nothing to 64 writers on both at once', async () => {
    const ids = await Promise.all(['One', 'Two', 'Three', 'Four'].map((title) => importInto(north, title)));
    const conflicts = { count: 0 };
    const addTag = async (recorder: VoiceRecorder, target: string, tag: string): Promise<void> => {
      const { tags = [], version } = (await recorder.library.find(target)) ?? {};
      try {
        await recorder.library.amend(target, { tags: [...tags, tag] }, version);
      } catch (error) {
        if (failureCodeOf(error) !== 'version-conflict') throw error;
        conflicts.count += 1;
        await addTag(recorder, target, tag);
      }
    };
    const writers = Array.from({ length: 64 }, (_, writer) => ({
      recorder: writer % 2 === 0 ? north : south,
      target: ids[writer % ids.length] ?? '',
      tag: `writer ${writer}`,
    }));
    await Promise.all(writers.map(({ recorder, target, tag }) => addTag(recorder, target, tag)));
    expect(conflicts.count).toBeGreaterThan(0);
    for (const target of ids) {
      const expected = writers.filter((writer) => writer.target === target).map(({ tag }) => tag);
      for (const recorder of [north, south]) {
        const { tags = [] } = (await recorder.library.find(target)) ?? {};
        expect([...tags].sort()).toEqual(expected.sort());
      }
    }
    expect((await south.library.tags()).filter(({ tag }) => tag.startsWith('writer '))).toHaveLength(64);
  });
});

describe.skipIf(postgres.skipReason)('a database that belongs to a store', () => {
  it('takes in another one only when both say so', async () => {
    folder = await mkdtemp(join(tmpdir(), 'vrp-shared-'));
    schema = await postgres.create();
    try {
      await (await open('first')).close();
      expect(await codeOf(open('second'))).toBe('catalogue-of-other-store');
      expect(await codeOf(open('second', { sharedCatalogue: true }))).toBe('catalogue-of-other-store');
      await (await open('first', { sharedCatalogue: true })).close();
      expect(await codeOf(open('second'))).toBe('catalogue-of-other-store');
      await (await open('second', { sharedCatalogue: true })).close();
      // Who is in stays in; nobody further comes in once one of them says no.
      await (await open('first')).close();
      await (await open('second', { sharedCatalogue: true })).close();
      expect(await codeOf(open('third', { sharedCatalogue: true }))).toBe('catalogue-of-other-store');
    } finally {
      await schema.remove();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function idOf(outcome: object): string {
  return 'id' in outcome && typeof outcome.id === 'string' ? outcome.id : '';
}
