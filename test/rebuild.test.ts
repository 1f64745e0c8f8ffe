import { existsSync } from 'node:fs';
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../src/model/id.ts';
import type { Recording } from '../src/model/recording.ts';
import { sidecarKey } from '../src/model/sidecar.ts';
import { tombstoneKey, tombstoneText } from '../src/model/tombstone.ts';
import { NOTHING_SAID, type UploadWish } from '../src/model/upload.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { rebuildStore } from '../src/rebuild-store.ts';
import type { StorageReport, VoiceRecorder } from '../src/voice-recorder.ts';
import { voiceSamples, wavBytes, writeWav } from './voice-wav.ts';

/* The catalogue is only what files and sidecars say: without it, they say it again. */

/** A filled library, to be copied, and what it tells. */
let template = '';
let filled: { readonly ids: string[]; readonly takeId: string; readonly before: Everything };
let home = '';
let dataDir = '';
const overrides = () => ({ dataDir, stateDir: join(home, 'state') });
const open = () => openVoiceRecorder({ environment: 'testing', overrides: overrides(), runsJobs: false });
const rebuild = (signal?: AbortSignal) =>
  rebuildStore({ environment: 'testing', overrides: overrides(), ...(signal ? { signal } : {}) });

beforeAll(async () => {
  await begin();
  const kept = await fillStore();
  const before = await look((recorder) => everything(recorder, kept.ids, kept.takeId));
  filled = { ...kept, before };
  template = home;
}, 60_000);
afterAll(() => rm(template, { recursive: true, force: true }));
beforeEach(begin);
afterEach(() => rm(home, { recursive: true, force: true }));

async function begin(): Promise<void> {
  home = await mkdtemp(join(tmpdir(), 'vrp-rebuild-'));
  dataDir = join(home, 'data');
}

/** The filled library, as its process left it. */
async function openFilled() {
  await cp(template, home, { recursive: true });
  return filled;
}

const wish: UploadWish = {
  ...NOTHING_SAID,
  kind: 'take',
  filename: 'take.wav',
  title: 'A walk',
  tags: ['walk'],
  recordedAt: '2026-11-22T10:00:00.000Z',
  recordedAtSource: 'take',
  recordedAtZone: 'Europe/Berlin',
  preset: 'voice',
};

async function upload(recorder: VoiceRecorder, seed: number, more: Partial<UploadWish>): Promise<string> {
  const bytes = wavBytes(voiceSamples(0.5, 8_000, seed), 8_000);
  const { id } = await recorder.uploads.create({ ...wish, ...more }, bytes.length);
  const end = await recorder.uploads.append(id, {
    offsetBytes: 0,
    body: Readable.from([bytes]),
    checksum: null,
    contentLengthBytes: bytes.length,
    lengthBytes: null,
  });
  expect(end.receipt?.recordingId).toBe(id);
  return id;
}

/** A library in which there is one of everything that a sidecar has to carry. */
async function fillStore(): Promise<{ ids: string[]; takeId: string }> {
  await using stack = new AsyncDisposableStack();
  const recorder = await open();
  stack.defer(() => recorder.close());
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const path = join(home, `Interview_${i}.wav`);
    writeWav(path, voiceSamples(0.3, 8_000, i), 8_000);
    const { id = '' } = await recorder.library.importFile(path, { tags: ['family', `part ${i % 2}`] });
    ids.push(id);
  }
  await copyFile(join(home, 'Interview_0.wav'), join(home, 'the same again.wav'));
  const twin = await recorder.library.importFile(join(home, 'the same again.wav'), { title: 'Twin' });
  expect(twin).toMatchObject({ status: 'duplicate', id: ids[0] });
  await recorder.library.amend(ids[1] ?? '', {
    title: 'Grandmother tells',
    notes: 'Of the mill, the flood and Überraschungen.',
    tags: ['Family', 'mill'],
    markers: [{ atSeconds: 0.1, label: 'the flood' }],
    timeline: [{ kind: 'quiet', atSeconds: 0.1, durationSeconds: 0.05 }],
    collections: ['the old days'],
  });
  await recorder.library.amend(ids[1] ?? '', { addCollections: ['The Flood'] }, undefined, 'anna');
  await recorder.library.amend(ids[1] ?? '', { title: 'Wrong' }, undefined, 'bob');
  await recorder.library.undo(ids[1] ?? '', 4);
  await recorder.library.trash(ids[2] ?? '');
  const takeId = newId(Date.now());
  ids.push(await upload(recorder, 21, { takeId, segment: 0 }));
  const gapBefore = { durationSeconds: 3, cause: 'reload' };
  ids.push(await upload(recorder, 22, { takeId, segment: 1, gapBefore }));
  return { ids, takeId };
}

type Everything = Awaited<ReturnType<typeof everything>>;

/** Everything that the library tells. */
async function everything(recorder: VoiceRecorder, ids: readonly string[], takeId: string) {
  const { library, takes, uploads } = recorder;
  const queries = ['grandmother', 'mill', 'ubérr', 'interview_3', 'twin', 'walk', 'flood surprise'];
  return {
    newest: await library.list({ limit: 500 }),
    oldest: await library.list({ limit: 500, order: 'oldest' }),
    grouped: await library.list({ limit: 500, isGrouped: true }),
    trash: await library.list({ limit: 500, isTrashed: true }),
    tagged: await library.list({ tag: 'family' }),
    tags: await library.tags(),
    collections: await library.collections(),
    collected: await library.list({ collection: 'THE OLD DAYS' }),
    histories: await Promise.all(ids.map((id) => library.history(id))),
    found: await Promise.all(queries.map((query) => library.list({ query }))),
    each: await Promise.all(ids.map((id) => library.find(id))),
    take: await takes.find(takeId),
    uploads: await Promise.all(
      ids.map(async (id) => {
        const { receipt } = await uploads.head(id);
        return { ...receipt, completedAt: '' };
      }),
    ),
    storage: figuresOf(await recorder.storageReport()),
  };
}

/** What the catalogue alone tells of the storage. */
function figuresOf({ recordingCount, recordingBytes, byKind, growth }: StorageReport) {
  const { originals, edited, trash } = byKind;
  return { recordingCount, recordingBytes, originals, edited, trash, growth };
}

async function deleteCatalogue(): Promise<void> {
  for (const ending of ['', '-wal', '-shm'])
    await rm(join(dataDir, `catalogue.sqlite${ending}`), { force: true });
}

async function look<T>(work: (recorder: VoiceRecorder) => Promise<T>): Promise<T> {
  const recorder = await open();
  try {
    return await work(recorder);
  } finally {
    await recorder.close();
  }
}

const find = (...ids: readonly (string | undefined)[]) =>
  look((recorder) => Promise.all(ids.map((id) => recorder.library.find(id ?? ''))));

/** A recording as it is in every filled library. */
function asFilled(id: string | undefined): Recording {
  const found = filled.before.each.find((recording) => recording?.id === id);
  if (found === undefined) throw new Error(`${id} is not in the filled library.`);
  return found;
}

// Each opens and closes a library several times, and a machine may be busy.
describe('a catalogue that is gone', () => {
  it('is made anew: list, search, notes, tags, takes, trash and receipts are what they were', async () => {
    const { ids, takeId, before } = await openFilled();
    expect(before.trash.items).toHaveLength(1);
    expect(before.take?.segments).toHaveLength(2);
    expect(before.found[0]?.items).toHaveLength(1);
    await deleteCatalogue();
    await expect(open()).rejects.toMatchObject({
      code: 'catalogue-missing',
      message: expect.stringContaining('vrp rebuild'),
    });
    const report = await rebuild();
    expect(report).toEqual({ recovered: ids.length, adopted: 0, failed: [], keptFile: null });
    expect(await look((recorder) => everything(recorder, ids, takeId))).toEqual(before);
    const names = await readdir(dataDir);
    expect(names.filter((name) => name.startsWith('catalogue-'))).toEqual([]);
    await look(async (recorder) => {
      // It is a catalogue like any other: the same bytes are known, what was trashed comes back as it was.
      const again = await recorder.library.importFile(join(home, 'Interview_3.wav'));
      expect(again).toMatchObject({ status: 'duplicate', id: ids[3] });
      expect((await recorder.library.restore(ids[2] ?? '')).status).toBe('active');
    });
  });

  it('is told from a damaged one, which is kept beside the new one', async () => {
    const { ids, takeId, before } = await openFilled();
    const file = join(dataDir, 'catalogue.sqlite');
    const damaged = (await readFile(file)).fill(0x5a, 0, 4_096);
    await writeFile(file, damaged);
    await expect(open()).rejects.toMatchObject({
      code: 'catalogue-damaged',
      message: expect.stringContaining('"vrp rebuild"'),
    });
    const { keptFile, ...report } = await rebuild();
    expect(report).toEqual({ recovered: ids.length, adopted: 0, failed: [] });
    expect(await readFile(keptFile ?? '')).toEqual(damaged);
    expect(await look((recorder) => everything(recorder, ids, takeId))).toEqual(before);
  });

  it('is rebuilt while nobody else has the store open, and goes on after it was stopped', async () => {
    const { ids, takeId, before } = await openFilled();
    const recorder = await open();
    await expect(rebuild()).rejects.toMatchObject({ code: 'store-locked' });
    await recorder.close();
    await expect(rebuild(AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' });
    // Until the new one is whole, the old one stands.
    expect(await look((opened) => everything(opened, ids, takeId))).toEqual(before);
    expect(existsSync(join(dataDir, 'catalogue-rebuild.sqlite'))).toBe(true);
    expect(await rebuild()).toMatchObject({ recovered: ids.length, failed: [] });
    expect(existsSync(join(dataDir, 'catalogue-rebuild.sqlite'))).toBe(false);
    expect(await look((opened) => everything(opened, ids, takeId))).toEqual(before);
  });
});

describe('what a rebuild finds amiss', () => {
  it('adopts audio whose sidecar is lost or damaged, under its id, and writes a new sidecar', async () => {
    const { ids } = await openFilled();
    const [lost, broken] = [asFilled(ids[3]), asFilled(ids[4])];
    await unlink(join(dataDir, sidecarKey(lost.storedFilename)));
    await writeFile(join(dataDir, sidecarKey(broken.storedFilename)), '{"format": "voice-rec');
    await deleteCatalogue();
    const report = await rebuild();
    expect(report).toMatchObject({ recovered: ids.length - 2, adopted: 2 });
    expect(report.failed).toMatchObject([
      { file: sidecarKey(broken.storedFilename), code: 'sidecar-unreadable' },
    ]);
    const adopted = await find(lost.id, broken.id);
    for (const [index, old] of [lost, broken].entries()) {
      const { id, checksum, storedFilename, createdAt, duration } = old;
      const found = adopted[index];
      expect(found).toMatchObject({ id, checksum, storedFilename, createdAt, duration, title: 'Recovered' });
      expect(found?.warnings.map(({ code }) => code)).toContain('recovered');
      const sidecar = await readFile(join(dataDir, sidecarKey(storedFilename)), 'utf8');
      expect(JSON.parse(sidecar)).toMatchObject({ id, title: 'Recovered' });
    }
    const kept = await readFile(join(dataDir, 'quarantine', sidecarKey(broken.storedFilename)), 'utf8');
    expect(kept).toBe('{"format": "voice-rec');
  });

  it('adopts files that somebody put into the store, and names what is no audio', async () => {
    const { ids } = await openFilled();
    await deleteCatalogue();
    await mkdir(join(dataDir, 'raw', 'mine'), { recursive: true });
    writeWav(join(dataDir, 'raw', 'mine', 'Found on a tape.wav'), voiceSamples(0.4, 8_000, 99), 8_000);
    await writeFile(join(dataDir, 'raw', 'readme.txt'), 'No audio at all.');
    await symlink('/etc/hostname', join(dataDir, 'raw', 'link.wav'));
    const report = await rebuild();
    expect(report).toMatchObject({ recovered: ids.length, adopted: 1 });
    const faults = report.failed.map(({ file, code }) => `${file} ${code}`).sort();
    expect(faults).toEqual(['raw/link.wav file-not-regular', 'raw/readme.txt not-audio-content']);
    expect(await readFile(join(dataDir, 'raw', 'readme.txt'), 'utf8')).toBe('No audio at all.');
    const page = await look((recorder) => recorder.library.list({ query: 'tape' }));
    expect(page.items).toMatchObject([{ title: 'Found on a tape', filename: 'Found on a tape.wav' }]);
    expect(page.items[0]?.storedFilename).toMatch(/^raw\/\d{4}\/\d\d\/\d{8}T\d{6}Z-[0-9a-f-]{36}\.wav$/);
    expect(await rebuild()).toMatchObject({ recovered: ids.length + 1, adopted: 0 });
  });

  it('keeps what sidecars say of audio that is missing, cut or moved', async () => {
    const { ids } = await openFilled();
    const [missing, cut, moved] = [asFilled(ids[0]), asFilled(ids[1]), asFilled(ids[3])];
    await unlink(join(dataDir, missing.storedFilename));
    await truncate(join(dataDir, cut.storedFilename), 100);
    await mkdir(join(dataDir, 'raw', 'sorted'));
    const movedTo = `raw/sorted/${moved.storedFilename.split('/').at(-1)}`;
    await rename(join(dataDir, moved.storedFilename), join(dataDir, movedTo));
    await rename(join(dataDir, sidecarKey(moved.storedFilename)), join(dataDir, sidecarKey(movedTo)));
    await deleteCatalogue();
    const report = await rebuild();
    expect(report).toMatchObject({ recovered: ids.length - 1, adopted: 0 });
    expect(report.failed.map(({ file, code }) => ({ file, code }))).toEqual(
      expect.arrayContaining([
        { file: missing.storedFilename, code: 'blob-missing' },
        { file: cut.storedFilename, code: 'digest-mismatch' },
      ]),
    );
    expect(await find(ids[0], ids[1], ids[3])).toEqual([
      { ...missing, status: 'missing' },
      { ...cut, status: 'damaged' },
      { ...moved, storedFilename: movedTo },
    ]);
  });

  it('counts a recording once when somebody copied it within the store', async () => {
    const { ids } = await openFilled();
    const { storedFilename } = asFilled(ids[5]);
    const copy = `raw/copies/${storedFilename.split('/').at(-1)}`;
    await mkdir(join(dataDir, 'raw', 'copies'));
    await copyFile(join(dataDir, storedFilename), join(dataDir, copy));
    await copyFile(join(dataDir, sidecarKey(storedFilename)), join(dataDir, sidecarKey(copy)));
    await deleteCatalogue();
    const report = await rebuild();
    expect(report).toMatchObject({ recovered: ids.length, adopted: 0 });
    expect(report.failed.every(({ code }) => code === 'recording-repeated')).toBe(true);
    expect(report.failed.length).toBeGreaterThan(0);
  });

  it('never brings back what was purged', async () => {
    const { ids } = await openFilled();
    const { id, checksum, storedFilename } = asFilled(ids[4]);
    await mkdir(join(dataDir, 'tombstones'), { recursive: true });
    const tombstone = { id, checksum, purgedAt: '2026-11-23T00:00:00.000Z' };
    await writeFile(join(dataDir, tombstoneKey(id)), tombstoneText(tombstone));
    await unlink(join(dataDir, sidecarKey(storedFilename)));
    await deleteCatalogue();
    expect(await rebuild()).toMatchObject({ recovered: ids.length - 1, adopted: 0, failed: [] });
    expect(await find(id)).toEqual([undefined]);
  });

  it('ends a purge that broke off, also what lay in quarantine and was derived', async () => {
    const { ids } = await openFilled();
    const [{ id, checksum, storedFilename }, other] = [asFilled(ids[4]), asFilled(ids[3])];
    const lying = [`quarantine/${storedFilename}`, `derived/${id}/peaks.vpk`];
    for (const key of [...lying, `quarantine/${other.storedFilename}`]) {
      await mkdir(dirname(join(dataDir, key)), { recursive: true });
      await writeFile(join(dataDir, key), 'What is left.');
    }
    await mkdir(join(dataDir, 'tombstones'), { recursive: true });
    const tombstone = { id, checksum, purgedAt: '2026-11-23T00:00:00.000Z' };
    const remains = { storedFilename, takeId: null, isEverywhere: true };
    await writeFile(join(dataDir, tombstoneKey(id)), tombstoneText(tombstone, remains));
    // Nobody is to believe a tombstone that names the file of another one.
    const [elsewhere, otherId] = [{ ...remains, storedFilename: other.storedFilename }, newId(0)];
    await writeFile(
      join(dataDir, tombstoneKey(otherId)),
      tombstoneText({ ...tombstone, id: otherId }, elsewhere),
    );
    await deleteCatalogue();
    expect(await rebuild()).toMatchObject({ recovered: ids.length - 1, adopted: 0, failed: [] });
    // The next start is what removes it.
    expect(await find(id)).toEqual([undefined]);
    for (const key of [storedFilename, sidecarKey(storedFilename), ...lying])
      expect(existsSync(join(dataDir, key)), key).toBe(false);
    expect(await readFile(join(dataDir, tombstoneKey(id)), 'utf8')).toBe(tombstoneText(tombstone));
    expect(existsSync(join(dataDir, other.storedFilename))).toBe(true);
    expect(existsSync(join(dataDir, `quarantine/${other.storedFilename}`))).toBe(true);
  });

  it('leaves alone what is still on its way, and what a newer version wrote', async () => {
    const { ids } = await openFilled();
    const [placing, newer] = [asFilled(ids[0]), asFilled(ids[1])];
    await mkdir(join(dataDir, 'spool', placing.id), { recursive: true });
    await rename(join(dataDir, placing.storedFilename), join(dataDir, 'spool', placing.id, 'data'));
    const key = sidecarKey(newer.storedFilename);
    const sidecar = await readFile(join(dataDir, key), 'utf8');
    const ofTomorrow = sidecar.replace('"formatVersion": 1', '"formatVersion": 2');
    await writeFile(join(dataDir, key), ofTomorrow);
    await deleteCatalogue();
    const report = await rebuild();
    expect(report).toMatchObject({ recovered: ids.length - 2, adopted: 0 });
    expect(report.failed.map(({ file, code }) => ({ file, code }))).toEqual([
      { file: key, code: 'sidecar-too-new' },
    ]);
    expect(await readFile(join(dataDir, key), 'utf8')).toBe(ofTomorrow);
  });
});

describe('a server that starts', () => {
  it('writes sidecars again that are gone, as they were', async () => {
    const { ids } = await openFilled();
    const both = [asFilled(ids[1]), asFilled(ids[6])];
    const paths = both.map(({ storedFilename }) => join(dataDir, sidecarKey(storedFilename)));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    await Promise.all(paths.map((path) => unlink(path)));
    await using stack = new AsyncDisposableStack();
    const recorder = await openVoiceRecorder({ environment: 'testing', overrides: overrides() });
    stack.defer(() => recorder.close());
    await expect
      .poll(() => Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => ''))))
      .toEqual(texts);
  });
});
