import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, fstatSync, openSync, truncateSync, writeSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeSpoolDesk, namesUnder, type SpoolDesk, seededBytes, wishFor } from '../../test/spool-desk.ts';
import { newId } from '../model/id.ts';
import { copySource } from './copy-source.ts';
import { encodeFirstBlock } from './journal-format.ts';
import { openUploads } from './open-uploads.ts';
import { makeCopyFolder, openSpoolTools } from './spool-tools.ts';
import { newUploadInfo } from './upload-info.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];
const wish = wishFor({ kind: 'file', filename: 'old.wav' });
const whole = seededBytes(5_000_001, 21);

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

async function openSpool(overrides: Partial<UploadsDesk> = {}) {
  const desk = await makeSpoolDesk(overrides);
  const uploads = await openUploads(desk);
  opened.push({ desk, uploads });
  const source = join(desk.root, 'source.wav');
  await writeFile(source, whole);
  return { desk, uploads, source };
}

function requestFor({ spoolPath }: SpoolDesk, sourcePath: string) {
  const origin = { kind: 'import', sourcePath, sourceBytes: 0 } as const;
  const info = newUploadInfo(newId(1000), new Date(1000).toISOString(), null, wish, origin);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  return {
    sourcePath,
    spoolPath,
    info,
    nowMs: 1000,
    maxFileBytes: null,
    freeBytes: 1e12,
    stop,
    byProductPath: null,
  };
}

function code(expected: string) {
  return expect.objectContaining({ code: expected });
}

describe('copying a file in', () => {
  it('gives the same bytes, their checksum and a journal that speaks of them', async () => {
    const { desk, uploads, source } = await openSpool();
    const seen: number[] = [];
    const spooled = await uploads.copyIn(source, wish, { onProgress: (bytes) => void seen.push(bytes) });
    expect(spooled.checksum).toBe(createHash('sha256').update(whole).digest('hex'));
    expect(spooled).toMatchObject({ sizeBytes: whole.length, wish });
    expect((await readFile(spooled.path)).equals(whole)).toBe(true);
    expect(seen.at(-1)).toBe(whole.length);
    const info = JSON.parse(await readFile(join(desk.spoolPath, spooled.id, 'copy.json'), 'utf8')) as {
      origin: unknown;
    };
    expect(info.origin).toEqual({ kind: 'import', sourcePath: source, sourceBytes: whole.length });
    await expect(uploads.head(spooled.id)).rejects.toEqual(code('upload-unknown'));
    expect(await uploads.listUnfinished()).toEqual([]);
    await uploads.discardSpooled(spooled.id);
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
    expect((await readFile(source)).equals(whole)).toBe(true);
  });

  it.each([1, 4096, 256 * 1024, 1024 * 1024 + 1, 2 * 1024 * 1024 - 1, 33 * 1024 * 1024 + 5])(
    'copies each of %i bytes, whichever way they are written',
    async (sizeBytes) => {
      const { desk, uploads } = await openSpool();
      const bytes = randomBytes(sizeBytes);
      const source = join(desk.root, 'any length');
      await writeFile(source, bytes);
      const spooled = await uploads.copyIn(source, wish);
      expect(spooled.checksum).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect((await readFile(spooled.path)).equals(bytes)).toBe(true);
    },
  );

  it('syncs the copied bytes, and all of them, before it answers', async () => {
    const { desk, source } = await openSpool();
    const synced: number[] = [];
    const copied = await copySource(requestFor(desk, source), () => undefined, {
      sync: async (descriptor) => void synced.push(fstatSync(descriptor).size),
    });
    expect(copied.sizeBytes).toBe(whole.length);
    expect(synced).toEqual([whole.length]);
  });

  it('follows a link to a file, and refuses folders, pipes and devices without opening them', async () => {
    const { desk, uploads, source } = await openSpool();
    const link = join(desk.root, 'link');
    await symlink(source, link);
    expect((await uploads.copyIn(link, wish)).sizeBytes).toBe(whole.length);
    const pipe = join(desk.root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, desk.root, '/dev/zero']) {
      await expect(uploads.copyIn(path, wish)).rejects.toEqual(code('file-not-regular'));
    }
  });

  it('names what is wrong with a source', async () => {
    const { desk, uploads, source } = await openSpool({ maxFileBytes: 5_000_000 });
    await expect(uploads.copyIn(join(desk.root, 'nothing'), wish)).rejects.toEqual(code('file-missing'));
    await expect(uploads.copyIn(source, wish)).rejects.toEqual(code('file-too-large'));
    const empty = join(desk.root, 'empty');
    await writeFile(empty, '');
    await expect(uploads.copyIn(empty, wish)).rejects.toEqual(code('audio-no-samples'));
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)('says that a file may not be read', async () => {
    const { uploads, source } = await openSpool();
    await chmod(source, 0);
    await expect(uploads.copyIn(source, wish)).rejects.toEqual(code('file-unreadable'));
  });

  it('is refused when the copy would not fit', async () => {
    const { uploads, source } = await openSpool({ freeBytes: async () => 1_000_000 });
    await expect(uploads.copyIn(source, wish)).rejects.toEqual(code('disk-full'));
  });

  it.each([
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['shrinks', (path: string) => truncateSync(path, 1000)],
    [
      'is overwritten',
      (path: string) => {
        const file = openSync(path, 'r+');
        writeSync(file, 'other');
        closeSync(file);
      },
    ],
  ])('notices a source that %s meanwhile', async (_, change) => {
    const { desk, source } = await openSpool();
    const copying = copySource(requestFor(desk, source), () => undefined, {
      sync: async () => change(source),
    });
    await expect(copying).rejects.toEqual(code('file-changed-while-reading'));
  });

  it('can be called off', async () => {
    const { desk, uploads, source } = await openSpool();
    await writeFile(source, seededBytes(40_000_000, 6));
    const calling = new AbortController();
    const options = { signal: calling.signal, onProgress: () => calling.abort() };
    await expect(uploads.copyIn(source, wish, options)).rejects.toEqual(code('interrupted'));
    await expect(uploads.copyIn(source, wish, { signal: AbortSignal.abort() })).rejects.toEqual(
      code('interrupted'),
    );
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
  });

  it('tells of a sync that failed', async () => {
    const { desk, source } = await openSpool();
    const copying = copySource(requestFor(desk, source), () => undefined, {
      sync: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
    });
    await expect(copying).rejects.toEqual(code('EIO'));
  });
});

describe('what a killed import left', () => {
  it('becomes a recording when the copy was complete', async () => {
    const { desk, uploads, source } = await openSpool();
    const { id } = await uploads.copyIn(source, wish);
    await uploads.close();
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    const report = await (await restarted.recover()).done;
    expect(report.completed).toEqual([id]);
    expect((await desk.libraryFile(id)).equals(whole)).toBe(true);
    expect(desk.placed[0]?.wish).toEqual(wish);
  });

  async function leaveHalf(desk: SpoolDesk, source: string) {
    const id = newId(1000);
    const origin = { kind: 'import', sourcePath: source, sourceBytes: whole.length } as const;
    const info = newUploadInfo(id, new Date(1000).toISOString(), whole.length, wish, origin);
    const folder = await makeCopyFolder(await openSpoolTools(desk), info);
    await writeFile(join(folder, 'journal'), encodeFirstBlock(id, 'import', 1000));
    await writeFile(join(folder, 'data'), whole.subarray(0, 1_000_000));
    return { id, folder };
  }

  it('is removed when incomplete and the source still has these bytes', async () => {
    const { desk, uploads, source } = await openSpool();
    const { id } = await leaveHalf(desk, source);
    const report = await (await uploads.recover()).done;
    expect(report).toMatchObject({ removed: [id], adopted: [] });
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
  });

  it.each([
    ['its wish', ['copy.json']],
    ['its wish and its journal', ['copy.json', 'journal']],
    ['its bytes', ['data']],
  ])('is removed when a power cut took %s and left the names', async (_, emptied) => {
    const { desk, uploads, source } = await openSpool();
    const { id } = await uploads.copyIn(source, wish);
    await uploads.close();
    for (const name of emptied) await truncate(join(desk.spoolPath, id, name), 0);
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    const report = await (await restarted.recover()).done;
    expect(report).toMatchObject({ removed: [id], completed: [], adopted: [], troubled: [] });
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
    expect((await readFile(source)).equals(whole)).toBe(true);
  });

  it('is not touched where it has a name in the library already, whatever is left of its journal', async () => {
    const { desk, uploads, source } = await openSpool();
    const { id, path } = await uploads.copyIn(source, wish);
    await uploads.close();
    const placed = join(desk.root, 'placed.wav');
    await link(path, placed);
    await truncate(join(desk.spoolPath, id, 'journal'), 0);
    await rm(source);
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    const report = await (await restarted.recover()).done;
    expect(report).toMatchObject({ removed: [id], completed: [], adopted: [], troubled: [] });
    expect((await readFile(placed)).equals(whole)).toBe(true);
    expect(await namesUnder(desk.spoolPath)).toEqual([]);
  });

  it.each([
    ['gone', (path: string) => rm(path)],
    ['shorter', (path: string) => truncate(path, 10)],
    [
      'a folder',
      async (path: string) => {
        await rm(path);
        await mkdir(path);
      },
    ],
  ])('is kept and adopted when incomplete and the source is %s', async (_, change) => {
    const { desk, uploads, source } = await openSpool();
    const { id, folder } = await leaveHalf(desk, source);
    await change(source);
    const report = await (await uploads.recover()).done;
    expect(report.adopted).toMatchObject([{ uploadId: id }]);
    expect(
      (await desk.libraryFile(report.adopted[0]?.recordingId ?? '')).equals(whole.subarray(0, 1_000_000)),
    ).toBe(true);
    expect((await readFile(join(folder, 'rest-0'))).equals(whole.subarray(0, 1_000_000))).toBe(true);
    await uploads.close();
    const again = await openUploads(desk);
    opened.push({ desk, uploads: again });
    expect((await (await again.recover()).done).adopted).toEqual([]);
  });
});
