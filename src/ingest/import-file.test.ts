import {
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, type ScratchStore, scratchStore } from '../../test/scratch-store.ts';
import { sha256 } from '../../test/sha256.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { openMedia } from '../media/open-media.ts';
import { systemClock } from '../model/clock.ts';
import { newId } from '../model/id.ts';
import { sidecarKey, toSidecar } from '../model/sidecar.ts';
import { NOTHING_SAID, type SpooledFile } from '../model/upload.ts';
import { importFile } from './import-file.ts';
import { adoptRecovered, ingestSpooled } from './ingest-spooled.ts';

const media = openMedia();
afterAll(() => media.close());

const voice = (seed: number) => wavBytes(voiceSamples(0.4, 8000, seed), 8000);

async function drop(store: ScratchStore, name: string, content: Buffer | string): Promise<string> {
  const path = join(store.inbox, name);
  await writeFile(path, content);
  return path;
}

async function spool(
  store: ScratchStore,
  bytes: Buffer,
  facts: Partial<SpooledFile['wish']> = {},
): Promise<SpooledFile> {
  const path = await drop(store, `take-${newId(0)}`, bytes);
  const wish = {
    ...NOTHING_SAID,
    kind: 'take',
    filename: 'take.wav',
    ...facts,
  } as const;
  return store.uploads.copyIn(path, wish);
}

describe('importing a file', () => {
  it('keeps it byte for byte, described and with its sidecar', async () => {
    await using store = await scratchStore(media);
    const bytes = voice(1);
    const path = await drop(store, 'Gespra\u0308ch_mit Ada.wav', bytes);
    const changedAt = new Date('2024-05-06T07:08:09Z');
    await utimes(path, changedAt, changedAt);
    const progress: number[] = [];
    const outcome = await importFile(store.desk, path, {
      tags: ['Interview', ' interview '],
      onProgress: (bytesDone) => progress.push(bytesDone),
    });
    expect(outcome).toEqual({ file: path, status: 'stored', id: outcome.id, checksum: sha256(bytes) });
    const recording = (await store.catalogue.recordings.find(outcome.id!))!;
    expect(recording).toMatchObject({
      status: 'active',
      kind: 'file',
      title: 'Gespräch_mit Ada',
      filename: 'Gespräch_mit Ada.wav',
      tags: ['Interview'],
      mimeType: 'audio/wav',
      sampleRateHz: 8000,
      recordedAt: '2024-05-06T07:08:09.000Z',
      recordedAtSource: 'file-date',
    });
    expect(recording.duration).toBeCloseTo(0.4, 3);
    expect(recording.storedFilename).toMatch(/^raw\/\d{4}\/\d\d\/\d{8}T\d{6}Z-[0-9a-f-]{36}\.wav$/);
    expect(await readFile(join(store.root, recording.storedFilename))).toEqual(bytes);
    const sidecar = await readJson(join(store.root, sidecarKey(recording.storedFilename)));
    expect(sidecar).toEqual(toSidecar(recording));
    // It was written before the recording showed, so nobody has to write it again.
    expect(await store.catalogue.outbox.listOwed('', 10)).toEqual([]);
    expect(await readFile(path)).toEqual(bytes);
    expect(await store.files('spool')).toEqual([]);
    expect(progress.at(-1)).toBe(bytes.length);
    expect(store.heard).toEqual([{ kind: 'added', recording }]);
  });

  it('sees through a wrong extension', async () => {
    await using store = await scratchStore(media);
    const { id } = await importFile(store.desk, await drop(store, 'x.mp3', voice(2)));
    const recording = (await store.catalogue.recordings.find(id!))!;
    expect(recording.storedFilename).toMatch(/\.wav$/);
    expect(recording.warnings.map(({ code }) => code)).toContain('wrong-extension');
  });

  it('refuses what cannot come in, names the reason and leaves everything as it was', async () => {
    await using store = await scratchStore(media, { maxFileBytes: 100_000, usableBytes: async () => 50_000 });
    await mkdir(join(store.inbox, 'folder'));
    const files: [string, string][] = [
      [await drop(store, 'empty.wav', ''), 'audio-no-samples'],
      [
        await drop(store, 'page.wav', '<!doctype html><html><body>no audio</body></html>'),
        'not-audio-content',
      ],
      [await drop(store, 'large.wav', Buffer.alloc(100_001)), 'file-too-large'],
      [await drop(store, 'no-room.wav', Buffer.alloc(50_001)), 'disk-full'],
      [join(store.inbox, 'folder'), 'file-not-regular'],
      ['/dev/null', 'file-not-regular'],
      [join(store.inbox, 'nowhere.wav'), 'file-missing'],
      [join(store.inbox, 'nul\0.wav'), 'file-missing'],
    ];
    const before = await readdir(store.inbox);
    for (const [path, code] of files) {
      const outcome = await importFile(store.desk, path, { isMove: true });
      expect([path, outcome.status, outcome.error?.code]).toEqual([path, 'rejected', code]);
    }
    expect(await readdir(store.inbox)).toEqual(before);
    expect(await store.files('raw')).toEqual([]);
    expect(await store.files('spool')).toEqual([]);
    expect(await store.all()).toEqual([]);
  });

  it('stops when asked, before and in the middle', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'x.wav', voice(3));
    const aborted = await importFile(store.desk, path, { signal: AbortSignal.abort() });
    expect(aborted.error?.code).toBe('interrupted');
    const controller = new AbortController();
    const middle = await importFile(store.desk, path, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(middle).toMatchObject({ status: 'rejected', error: { code: 'interrupted' } });
    expect(await store.files('spool')).toEqual([]);
    expect(await store.all()).toEqual([]);
  });

  it('rehearses without storing', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'x.wav', voice(4));
    const rehearsed = await importFile(store.desk, path, { isDryRun: true });
    expect(rehearsed).toMatchObject({ file: path, status: 'stored', checksum: sha256(voice(4)) });
    expect(await store.all()).toEqual([]);
    const { id } = await importFile(store.desk, path);
    expect(await importFile(store.desk, path, { isDryRun: true })).toMatchObject({ status: 'duplicate', id });
  });
});

describe('moving a file in', () => {
  it('removes the source once its copy is proved', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'x.wav', voice(5));
    expect((await importFile(store.desk, path, { isMove: true })).error).toBeUndefined();
    expect(await readdir(store.inbox)).toEqual([]);
    const again = await drop(store, 'x.wav', voice(5));
    expect(await importFile(store.desk, again, { isMove: true })).toMatchObject({ status: 'duplicate' });
    expect(await readdir(store.inbox)).toEqual([]);
    expect(await store.all()).toHaveLength(1);
  });

  it('leaves a source alone that was replaced meanwhile, or is a link', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'x.wav', voice(6));
    const replacing = {
      ...store.desk,
      discardSpooled: async (id: string) => {
        await store.desk.discardSpooled(id);
        await writeFile(path, 'something new');
      },
    };
    expect(await importFile(replacing, path, { isMove: true })).toMatchObject({
      status: 'stored',
      error: { code: 'file-changed-while-reading' },
    });
    expect(await readFile(path, 'utf8')).toBe('something new');
    const target = await drop(store, 'target.wav', voice(7));
    await symlink(target, join(store.inbox, 'link.wav'));
    const linked = await importFile(store.desk, join(store.inbox, 'link.wav'), { isMove: true });
    expect(linked).toMatchObject({ status: 'stored', error: { code: 'file-changed-while-reading' } });
    expect((await readdir(store.inbox)).sort()).toEqual(['link.wav', 'target.wav', 'x.wav']);
  });

  it('never removes the stored file itself', async () => {
    await using store = await scratchStore(media);
    const { id } = await importFile(store.desk, await drop(store, 'x.wav', voice(8)));
    const stored = store.blobs.localPath((await store.catalogue.recordings.find(id!))!.storedFilename);
    await symlink(join(store.root, 'raw'), join(store.inbox, 'way-in'));
    const wayIn = stored.replace(join(store.root, 'raw'), join(store.inbox, 'way-in'));
    for (const path of [stored, wayIn]) {
      expect(await importFile(store.desk, path, { isMove: true })).toMatchObject({
        status: 'rejected',
        error: { code: 'invalid-input' },
      });
    }
    const twin = join(store.inbox, 'twin.wav');
    await link(stored, twin);
    expect(await importFile(store.desk, twin, { isMove: true })).toMatchObject({
      status: 'duplicate',
      error: { code: 'invalid-input' },
    });
    expect((await stat(stored)).size).toBe(voice(8).length);
  });

  it('leaves the source alone when the stored copy does not read back right', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'x.wav', voice(9));
    const rotting = {
      ...store.desk,
      discardSpooled: async (id: string) => {
        await store.desk.discardSpooled(id);
        for (const file of await store.files('raw')) {
          if (file.endsWith('.wav')) await writeFile(join(store.root, file), 'rotten');
        }
      },
    };
    expect(await importFile(rotting, path, { isMove: true })).toMatchObject({
      status: 'stored',
      error: { code: 'digest-mismatch' },
    });
    expect(await readFile(path)).toEqual(voice(9));
  });
});

describe('a duplicate', () => {
  it('is answered with the recording that stands, and its names are kept beside it', async () => {
    await using store = await scratchStore(media);
    const first = await importFile(store.desk, await drop(store, 'a.wav', voice(10)), { title: 'A' });
    const path = await drop(store, 'b.wav', voice(10));
    const second = await importFile(store.desk, path, { title: 'B', tags: ['late'] });
    expect(second).toEqual({ ...first, file: path, status: 'duplicate' });
    await importFile(store.desk, path, { title: 'B', tags: ['late'] });
    const [recording, ...others] = await store.all();
    expect(others).toEqual([]);
    expect(recording?.title).toBe('A');
    expect(recording?.aliases).toEqual([
      expect.objectContaining({ filename: 'b.wav', title: 'B', tags: ['late'] }),
    ]);
    expect(await store.files('spool')).toEqual([]);
  });

  it.each(['damaged', 'missing'] as const)('heals a %s original', async (fate) => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'a.wav', voice(11));
    const { id } = await importFile(store.desk, path);
    const { storedFilename } = (await store.catalogue.recordings.find(id!))!;
    const stored = store.blobs.localPath(storedFilename);
    if (fate === 'damaged') await writeFile(stored, 'rotten');
    else await store.blobs.quarantine(storedFilename, 'test');
    await rm(store.blobs.localPath(sidecarKey(storedFilename)));
    expect(await importFile(store.desk, path)).toMatchObject({ status: 'duplicate', id });
    expect(await readFile(stored)).toEqual(voice(11));
    expect((await readJson(store.blobs.localPath(sidecarKey(storedFilename))))['id']).toBe(id);
    expect((await store.catalogue.recordings.find(id!))?.status).toBe('active');
    if (fate === 'damaged') {
      expect(await readFile(join(store.root, 'quarantine', storedFilename), 'utf8')).toBe('rotten');
      const note = await readJson(join(store.root, 'quarantine', `${storedFilename}.note.json`));
      expect(note['reason']).toContain(id);
    }
  });

  it('brings a recording back from the trash', async () => {
    await using store = await scratchStore(media);
    const path = await drop(store, 'a.wav', voice(12));
    const { id } = await importFile(store.desk, path);
    await store.catalogue.recordings.trash(id!);
    expect(await importFile(store.desk, path)).toMatchObject({ status: 'duplicate', id });
    expect(await store.catalogue.recordings.find(id!)).toMatchObject({ status: 'active', trashedAt: null });
    expect(store.heard.at(-1)).toMatchObject({ kind: 'changed', recording: { id, status: 'active' } });
  });

  it('loses nothing in a race of many for the same bytes', async () => {
    await using store = await scratchStore(media);
    const paths = await Promise.all(
      Array.from({ length: 8 }, (_, index) => drop(store, `${index}.wav`, voice(13))),
    );
    const outcomes = await Promise.all(paths.map((path) => importFile(store.desk, path)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([...Array(7).fill('duplicate'), 'stored']);
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(1);
    expect(await store.all()).toHaveLength(1);
    expect(await store.files('raw')).toHaveLength(2);
  });

  it('is no matter among takes', async () => {
    await using store = await scratchStore(media);
    const takes = [await spool(store, voice(14)), await spool(store, voice(14))];
    const receipts = await Promise.all(takes.map((take) => ingestSpooled(store.desk, take)));
    expect(receipts.map(({ recordingId, isDuplicate }) => [recordingId, isDuplicate])).toEqual(
      takes.map(({ id }) => [id, false]),
    );
  });
});

describe('completing an upload', () => {
  it('gives the same receipt however often it is asked for', async () => {
    await using store = await scratchStore(media);
    const take = await spool(store, voice(15));
    const [one, two] = await Promise.all([ingestSpooled(store.desk, take), ingestSpooled(store.desk, take)]);
    expect(two).toEqual(one);
    expect(await ingestSpooled(store.desk, take)).toEqual(one);
    expect(await store.catalogue.recordings.findReceipt(take.id)).toEqual(one);
  });

  it('refuses bytes that are not what their sender said, and leaves them', async () => {
    await using store = await scratchStore(media);
    const take = await spool(store, voice(16), { checksum: 'a'.repeat(64) });
    await expect(ingestSpooled(store.desk, take)).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await readFile(take.path)).toEqual(voice(16));
    expect(await store.all()).toEqual([]);
  });

  it('puts the recovered beginning aside once the whole take is there', async () => {
    await using store = await scratchStore(media);
    const whole = voice(17);
    const part = await spool(store, whole.subarray(0, 3000), { title: 'Recovered: Talk' });
    const adopted = await adoptRecovered(store.desk, part, newId(systemClock.nowMs()));
    const recovered = (await store.catalogue.recordings.find(adopted.recordingId))!;
    expect(recovered.warnings.map(({ code }) => code)).toContain('recovered');
    const take = await spool(store, whole, { title: 'Talk' });
    const receipt = await ingestSpooled(store.desk, { ...take, supersedes: recovered.id });
    const aside = (await store.catalogue.recordings.find(recovered.id))!;
    expect(aside).toMatchObject({
      status: 'trashed',
      storedFilename: `quarantine/${recovered.storedFilename}`,
    });
    expect(aside.notes).toContain(receipt.recordingId);
    expect(await readFile(join(store.root, aside.storedFilename))).toEqual(whole.subarray(0, 3000));
    const { storedFilename } = (await store.catalogue.recordings.find(receipt.recordingId))!;
    expect(await store.files('raw')).toEqual([sidecarKey(storedFilename), storedFilename]);
  });

  it('puts the recovered beginning of a file aside also when the whole file is in the library already', async () => {
    await using store = await scratchStore(media);
    const whole = voice(21);
    const standing = await ingestSpooled(store.desk, await spool(store, whole, { kind: 'file' }));
    const part = await spool(store, whole.subarray(0, 3000), { title: 'Recovered' });
    const { recordingId } = await adoptRecovered(store.desk, part, newId(systemClock.nowMs()));
    const file = await spool(store, whole, { kind: 'file' });
    const receipt = await ingestSpooled(store.desk, { ...file, supersedes: recordingId });
    expect(receipt).toMatchObject({ recordingId: standing.recordingId, isDuplicate: true });
    const aside = (await store.catalogue.recordings.find(recordingId))!;
    expect(aside.status).toBe('trashed');
    expect(aside.notes).toContain(standing.recordingId);
    expect(await readFile(join(store.root, aside.storedFilename))).toEqual(whole.subarray(0, 3000));
  });

  it('blames the disk, which may recover, for spooled bytes that cannot be read back as they came', async () => {
    await using store = await scratchStore(media);
    const lost = await spool(store, voice(19));
    await rename(lost.path, `${lost.path}.away`);
    await expect(ingestSpooled(store.desk, lost)).rejects.toMatchObject({ code: 'storage-failed' });
    await rename(`${lost.path}.away`, lost.path);
    expect(await ingestSpooled(store.desk, lost)).toMatchObject({ recordingId: lost.id });
    const rotten = await spool(store, voice(20));
    await writeFile(rotten.path, 'These are not the bytes that came.');
    await expect(ingestSpooled(store.desk, rotten)).rejects.toMatchObject({ code: 'storage-failed' });
    await writeFile(rotten.path, voice(20));
    expect(await ingestSpooled(store.desk, rotten)).toMatchObject({ recordingId: rotten.id });
  });

  it('tells the house of a full disk', async () => {
    await using store = await scratchStore(media);
    let released = 0;
    const { VoiceRecorderError } = await import('../model/failure.ts');
    const full = {
      ...store.desk,
      onDiskFull: async () => void released++,
      blobs: Object.assign(Object.create(store.blobs) as typeof store.blobs, {
        putDocument: () => Promise.reject(new VoiceRecorderError('disk-full', 'No room.')),
        place: () => Promise.reject(new VoiceRecorderError('disk-full', 'No room.')),
        stat: () => Promise.resolve(undefined),
        removeDocument: () => Promise.resolve(),
      }),
    };
    const path = await drop(store, 'x.wav', voice(18));
    expect(await importFile(full, path)).toMatchObject({ status: 'rejected', error: { code: 'disk-full' } });
    expect(released).toBe(1);
    expect(await store.catalogue.recordings.listPlacing()).toEqual([]);
    expect(await importFile(store.desk, path)).toMatchObject({ status: 'stored' });
  });
});
