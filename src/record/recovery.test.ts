import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  open,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import {
  chunkOf,
  makeSpoolDesk,
  namesUnder,
  type SpoolDesk,
  seededBytes,
  wishFor,
} from '../../test/spool-desk.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId, newId } from '../model/id.ts';
import { systemDisk } from './disk.ts';
import { encodeFirstBlock, encodeRecord, journalPosition } from './journal-format.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

async function start(desk: SpoolDesk, overrides: Partial<UploadsDesk> = {}) {
  const uploads = await openUploads({ ...desk, ...overrides });
  opened.push({ desk, uploads });
  return uploads;
}

async function startAndRecover(desk: SpoolDesk, overrides: Partial<UploadsDesk> = {}) {
  const uploads = await start(desk, overrides);
  return { uploads, report: await (await uploads.recover()).done };
}

const CHUNK = 10_000;
const whole = seededBytes(10 * CHUNK, 11);

/** An upload with ten acknowledged chunks whose process is gone. */
async function leaveUpload(lengthBytes: number | null = null, wish = wishFor()) {
  const desk = await makeSpoolDesk();
  const uploads = await openUploads(desk);
  const { id } = await uploads.create(wish, lengthBytes);
  for (let at = 0; at < whole.length; at += CHUNK) {
    await uploads.append(id, chunkOf(at, whole.subarray(at, at + CHUNK)));
  }
  await uploads.close();
  const folder = join(desk.spoolPath, id);
  return {
    desk,
    id,
    folder,
    data: join(folder, 'data'),
    journal: join(folder, 'journal'),
    info: join(folder, 'info.json'),
  };
}

async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

function code(expected: string) {
  return expect.objectContaining({ code: expected });
}

/** Sends what is missing and ends the upload: whatever happened before, the recording must be whole. */
async function finishUpload(uploads: UploadSpool, desk: SpoolDesk, id: string): Promise<void> {
  const { offsetBytes } = await uploads.head(id);
  const rest = chunkOf(offsetBytes, whole.subarray(offsetBytes), { lengthBytes: whole.length });
  expect((await uploads.append(id, rest)).receipt?.checksum).toBe(sha256(whole));
  expect((await desk.libraryFile(id)).equals(whole)).toBe(true);
}

describe('after a crash', () => {
  it('every acknowledged byte is still there, and the upload goes on', async () => {
    const { desk, id } = await leaveUpload();
    const { uploads, report } = await startAndRecover(desk);
    expect(report).toEqual({ resumed: 1, completed: [], removed: [], troubled: [], adopted: [] });
    expect((await uploads.head(id)).offsetBytes).toBe(whole.length);
    await finishUpload(uploads, desk, id);
  });

  it('an upload is still that of the actor who began it, and an older one is of nobody in particular', async () => {
    const desk = await makeSpoolDesk();
    const before = await openUploads(desk);
    const { id } = await before.create(wishFor(), null, 'field recorder');
    const older = await before.create(wishFor(), null, 'desk');
    for (const upload of [id, older.id]) await before.append(upload, chunkOf(0, whole.subarray(0, CHUNK)));
    await before.close();
    const info = join(desk.spoolPath, older.id, 'info.json');
    const { createdBy, ...rest } = JSON.parse(await readFile(info, 'utf8')) as { createdBy: string };
    expect(createdBy).toBe('desk');
    await writeFile(info, JSON.stringify(rest));
    const { uploads } = await startAndRecover(desk);
    expect(await uploads.creatorOf(id)).toBe('field recorder');
    expect(await uploads.creatorOf(older.id)).toBeNull();
    expect((await uploads.head(older.id)).offsetBytes).toBe(CHUNK);
  });

  it('bytes without a record are cut off: they were never acknowledged', async () => {
    const { desk, id, data } = await leaveUpload();
    await appendFile(data, 'never acknowledged');
    const uploads = await start(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(whole.length);
    expect((await stat(data)).size).toBe(whole.length);
    await finishUpload(uploads, desk, id);
  });

  it.each([
    ['torn in its last record', (path: string) => truncate(path, journalPosition(9) + 30), 9],
    ['cut between two records', (path: string) => truncate(path, journalPosition(4)), 4],
    ['cut in its header', (path: string) => truncate(path, 20), 0],
    ['empty', (path: string) => truncate(path, 0), 0],
    ['gone', (path: string) => rm(path), 0],
    [
      'filled with zeros from a record on',
      (path: string) => overwrite(path, journalPosition(6), Buffer.alloc(400)),
      6,
    ],
    ['all zeros', (path: string) => overwrite(path, 0, Buffer.alloc(4096)), 0],
  ])('a journal that is %s counts as far as it is sound', async (_, damage, soundRecords) => {
    const { desk, id, folder, journal } = await leaveUpload();
    await damage(journal);
    const uploads = await start(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(soundRecords * CHUNK);
    // What a lost header or a hole in the journal put in doubt is not thrown away.
    const rest = (await namesUnder(folder)).filter((name) => name.startsWith('rest-'));
    const isInDoubt = soundRecords === 0;
    expect(rest).toEqual(isInDoubt ? ['rest-0'] : []);
    if (isInDoubt) expect((await readFile(join(folder, 'rest-0'))).equals(whole)).toBe(true);
    await finishUpload(uploads, desk, id);
  });

  it('records that changed places count up to the first of them, and the bytes behind are kept aside', async () => {
    const { desk, id, folder, journal } = await leaveUpload();
    const bytes = await readFile(journal);
    const third = bytes.subarray(journalPosition(3), journalPosition(4));
    const fourth = bytes.subarray(journalPosition(4), journalPosition(5));
    await overwrite(journal, journalPosition(3), Buffer.concat([fourth, third]));
    const uploads = await start(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(3 * CHUNK);
    expect((await readFile(join(folder, `rest-${3 * CHUNK}`))).equals(whole.subarray(3 * CHUNK))).toBe(true);
    await finishUpload(uploads, desk, id);
  });

  it('a record whose bytes never reached the disk does not count, and what lies there is kept aside', async () => {
    const { desk, id, folder, data } = await leaveUpload();
    await overwrite(data, 9 * CHUNK + 5000, Buffer.alloc(5000));
    const { uploads, report } = await startAndRecover(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(9 * CHUNK);
    expect(report.troubled).toMatchObject([{ id, code: 'digest-mismatch' }]);
    expect((await stat(join(folder, `rest-${9 * CHUNK}`))).size).toBe(CHUNK);
    await finishUpload(uploads, desk, id);
  });

  it('a data file shorter than its journal counts up to the last whole record', async () => {
    const { desk, id, data } = await leaveUpload();
    await truncate(data, 5 * CHUNK + 1);
    const uploads = await start(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(5 * CHUNK);
    await finishUpload(uploads, desk, id);
  });

  it('damage found twice never overwrites what was kept aside the first time', async () => {
    const { desk, id, folder, data } = await leaveUpload();
    await overwrite(data, 0, Buffer.alloc(10));
    const first = await start(desk);
    expect((await first.head(id)).offsetBytes).toBe(0);
    await first.append(id, chunkOf(0, whole.subarray(0, CHUNK)));
    await first.close();
    await overwrite(data, 0, Buffer.alloc(10));
    const second = await start(desk);
    expect((await second.head(id)).offsetBytes).toBe(0);
    expect((await namesUnder(folder)).filter((name) => name.startsWith('rest'))).toEqual([
      'rest-0',
      'rest-0-1',
    ]);
    await finishUpload(second, desk, id);
  });

  it('a journal without a header gets one, so that what is acknowledged next outlasts the next start', async () => {
    const { desk, id, journal } = await leaveUpload();
    await truncate(journal, 0);
    const first = await start(desk);
    expect((await first.head(id)).offsetBytes).toBe(0);
    await first.append(id, chunkOf(0, whole.subarray(0, CHUNK)));
    await first.close();
    const second = await start(desk);
    expect((await second.head(id)).offsetBytes).toBe(CHUNK);
    await finishUpload(second, desk, id);
  });

  it('an upload whose bytes are all there becomes a recording', async () => {
    const { desk, id, folder } = await leaveUpload();
    // The crash came between the last record and the recording.
    const info = JSON.parse(await readFile(join(folder, 'info.json'), 'utf8')) as Record<string, unknown>;
    await writeFile(join(folder, 'info.json'), JSON.stringify({ ...info, lengthBytes: whole.length }));
    const { uploads, report } = await startAndRecover(desk);
    expect(report.completed).toEqual([id]);
    expect((await desk.libraryFile(id)).equals(whole)).toBe(true);
    expect((await uploads.head(id)).receipt?.checksum).toBe(sha256(whole));
  });

  it('a length that came with the last piece is known when no recording could be made of it before', async () => {
    const desk = await makeSpoolDesk();
    const isBusy = () => Promise.reject(new VoiceRecorderError('catalogue-busy', 'Not now.'));
    const first = await start(desk, { complete: isBusy });
    const { id } = await first.create(wishFor(), null);
    const last = chunkOf(0, whole, { lengthBytes: whole.length });
    await expect(first.append(id, last)).rejects.toEqual(code('catalogue-busy'));
    await first.close();
    expect((await startAndRecover(desk)).report.completed).toEqual([id]);
    expect((await desk.libraryFile(id)).equals(whole)).toBe(true);
  });

  it('an upload that was refused for good is not judged again at every start', async () => {
    const { desk, id, info } = await leaveUpload();
    const document = JSON.parse(await readFile(info, 'utf8')) as Record<string, unknown>;
    await writeFile(info, JSON.stringify({ ...document, lengthBytes: whole.length }));
    let judged = 0;
    const complete = async () => {
      judged++;
      throw new VoiceRecorderError('not-audio-content', 'This is no audio.');
    };
    const first = await startAndRecover(desk, { complete });
    expect(first.report.troubled).toMatchObject([{ id, code: 'not-audio-content' }]);
    await first.uploads.close();
    const second = await startAndRecover(desk, { complete });
    expect(judged).toBe(1);
    expect(second.report.troubled).toEqual([]);
    expect(await second.uploads.head(id)).toMatchObject({ offsetBytes: whole.length, receipt: null });
    expect((await readFile(join(desk.spoolPath, id, 'data'))).equals(whole)).toBe(true);
  });

  it('the folder of a finished placing goes only if the receipt exists', async () => {
    const { desk, id, folder, data } = await leaveUpload(whole.length + 1);
    await rm(data);
    const before = await startAndRecover(desk);
    expect(before.report.troubled).toMatchObject([{ id, code: 'storage-failed' }]);
    expect(await namesUnder(folder)).toEqual(['info.json', 'journal']);
    await before.uploads.close();
    await desk
      .complete({
        id,
        path: join(desk.root, 'placed'),
        sizeBytes: 1,
        checksum: sha256(whole),
        createdAt: '',
        wish: wishFor(),
      })
      .catch(() => undefined);
    const findReceipt = async () => ({
      uploadId: id,
      recordingId: id,
      checksum: sha256(whole),
      sizeBytes: whole.length,
      isDuplicate: false,
      completedAt: '2026-11-22T21:32:05.000Z',
    });
    const after = await startAndRecover(desk, { findReceipt });
    expect(after.report.removed).toEqual([id]);
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
  });

  it('a folder that was never answered for and holds nothing is removed', async () => {
    const desk = await makeSpoolDesk();
    const ids = [newId(1), newId(2), newId(3)];
    for (const id of ids) await mkdir(join(desk.spoolPath, id), { recursive: true });
    await writeFile(join(desk.spoolPath, ids[1]!, 'data'), '');
    await writeFile(join(desk.spoolPath, ids[2]!, 'info.json.new'), '{');
    const { report } = await startAndRecover(desk);
    expect([...report.removed].sort()).toEqual(ids);
  });

  it('what is no upload stays where it is', async () => {
    const desk = await makeSpoolDesk();
    await mkdir(join(desk.spoolPath, 'notes'), { recursive: true });
    await writeFile(join(desk.spoolPath, 'README'), 'mine');
    await startAndRecover(desk);
    expect(await namesUnder(desk.spoolPath)).toEqual(['README', 'notes']);
    expect(desk.notes.map(({ message }) => message)).toHaveLength(2);
  });
});

describe('an upload whose info.json is torn', () => {
  it.each([
    ['cut', (path: string) => truncate(path, 40)],
    ['empty', (path: string) => truncate(path, 0)],
    ['gone', (path: string) => rm(path)],
    ['of zeros', (path: string) => writeFile(path, Buffer.alloc(300))],
  ])(
    '(%s) keeps its bytes, is reported and adopted, and its client can still finish it',
    async (_, damage) => {
      const { desk, id, info } = await leaveUpload(null, wishFor({ title: 'Lost' }));
      await damage(info);
      const { uploads, report } = await startAndRecover(desk);
      expect(report.troubled).toMatchObject([{ id, code: 'digest-mismatch' }]);
      expect(report.adopted).toMatchObject([{ uploadId: id }]);
      const recordingId = report.adopted[0]?.recordingId ?? '';
      expect(recordingId).not.toBe(id);
      expect((await desk.libraryFile(recordingId)).equals(whole)).toBe(true);
      expect(desk.placed[0]?.wish).toMatchObject({ kind: 'take', title: 'Recovered' });
      await finishUpload(uploads, desk, id);
      expect(desk.placed[1]).toMatchObject({ id, supersedes: recordingId });
    },
  );

  it.each([2, 7])(
    'and names the files of generation %i, which are not there: those that are count',
    async (generation) => {
      const { desk, id, info } = await leaveUpload();
      const said = JSON.parse(await readFile(info, 'utf8')) as { generation: number };
      await writeFile(info, JSON.stringify({ ...said, generation }));
      const { uploads, report } = await startAndRecover(desk);
      expect(report.resumed).toBe(1);
      expect((await uploads.head(id)).offsetBytes).toBe(whole.length);
      await finishUpload(uploads, desk, id);
    },
  );

  it('and journal too has all its bytes adopted', async () => {
    const { desk, id, info, journal, folder } = await leaveUpload();
    await truncate(info, 3);
    await truncate(journal, 3);
    const synced: string[] = [];
    const disk = {
      ...systemDisk,
      sync: async (descriptor: number) => {
        synced.push(await readlink(`/proc/self/fd/${descriptor}`).catch(() => 'data'));
        await systemDisk.sync(descriptor);
      },
    };
    const { uploads, report } = await startAndRecover(desk, { disk });
    // The copy that becomes the recording is safe before anybody is told of it.
    expect(synced).toEqual([expect.stringMatching(/data$/)]);
    expect(report.adopted).toMatchObject([{ uploadId: id }]);
    expect((await desk.libraryFile(report.adopted[0]?.recordingId ?? '')).equals(whole)).toBe(true);
    expect((await readFile(join(folder, 'rest-0'))).equals(whole)).toBe(true);
    await uploads.close();
    const again = await startAndRecover(desk);
    expect(again.report.adopted).toEqual([]);
  });

  it('is kept when its bytes are no audio, and not tried again', async () => {
    const { desk, id, info, data } = await leaveUpload();
    await truncate(info, 3);
    let tried = 0;
    const adoptRecovered = async () => {
      tried++;
      throw new VoiceRecorderError('not-audio-content', 'This is no audio.');
    };
    const { uploads, report } = await startAndRecover(desk, { adoptRecovered });
    expect(report.adopted).toEqual([]);
    expect((await readFile(data)).equals(whole)).toBe(true);
    await uploads.close();
    await startAndRecover(desk, { adoptRecovered });
    expect(tried).toBe(1);
    expect((await namesUnder(desk.spoolPath)).filter(isId)).toEqual([id]);
  });
});

describe('recovering', () => {
  it('serves an upload at once that somebody asks for, however many wait', async () => {
    const { desk, id, folder } = await leaveUpload();
    const info = await readFile(join(folder, 'info.json'), 'utf8');
    const sha256 = createHash('sha256').update(whole).digest();
    const others = Array.from({ length: 500 }, (_, index) => newId(1000 + index));
    await Promise.all(
      others.map(async (other) => {
        await mkdir(join(desk.spoolPath, other));
        await writeFile(join(desk.spoolPath, other, 'data'), whole);
        await writeFile(join(desk.spoolPath, other, 'info.json'), info.replace(id, other));
        const journal = encodeFirstBlock(other, 'client', 1000);
        const record = {
          offsetBytes: 0,
          lengthBytes: whole.length,
          sha256,
          covers: 'piece',
          receivedAtMs: 1000,
        } as const;
        encodeRecord(other, record).copy(journal, journalPosition(0));
        await writeFile(join(desk.spoolPath, other, 'journal'), journal);
      }),
    );
    const uploads = await start(desk);
    const { foundCount, done } = await uploads.recover();
    expect(foundCount).toBe(501);
    let isDone = false;
    const end = done.then((report) => {
      isDone = true;
      return report;
    });
    expect((await uploads.head(id)).offsetBytes).toBe(whole.length);
    expect(isDone).toBe(false);
    expect((await end).resumed).toBe(501);
  });

  it('says that an upload is being recovered when its check takes long', async () => {
    const { desk, id } = await leaveUpload();
    const uploads = await start(desk, { tuning: { patienceMs: 0 } });
    await expect(uploads.head(id)).rejects.toEqual(code('upload-recovering'));
    while (!(await uploads.listUnfinished()).some((each) => each.id === id)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await uploads.head(id)).offsetBytes).toBe(whole.length);
  });

  it('never asks the file system how old something is', async () => {
    const { desk, id, data, info, journal } = await leaveUpload();
    for (const path of [data, info, journal]) await utimes(path, new Date(0), new Date(0));
    const { uploads } = await startAndRecover(desk);
    expect(await uploads.listUnfinished()).toMatchObject([{ id, isExpired: false }]);
    expect(await uploads.adoptExpired()).toEqual([]);
  });

  it('makes the same of a folder whose check was itself cut off', async () => {
    const { desk, id, folder, data } = await leaveUpload();
    await overwrite(data, 9 * CHUNK, Buffer.alloc(100));
    // The rest had been set aside, but data was not yet cut.
    await writeFile(join(folder, `rest-${9 * CHUNK}`), Buffer.alloc(100));
    await rename(join(folder, 'info.json'), join(folder, 'info.json.new'));
    await rename(join(folder, 'info.json.new'), join(folder, 'info.json'));
    const uploads = await start(desk);
    expect((await uploads.head(id)).offsetBytes).toBe(9 * CHUNK);
    await finishUpload(uploads, desk, id);
  });
});
