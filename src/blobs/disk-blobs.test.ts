import { createHash } from 'node:crypto';
import * as realFs from 'node:fs/promises';
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import { runInWriteSession } from '../sessions/write-session.ts';
import { describeBlobStore } from './blob-store.contract.ts';
import { type DiskBlobs, type DiskFileSystem, openDiskBlobs } from './disk-blobs.ts';
import { openFileHasher } from './file-checksum.ts';

const KEY = 'raw/2026/11/x.wav';
const CONTENT = 'the bytes of a take';
const EXPECTED = {
  checksum: createHash('sha256').update(CONTENT).digest('hex'),
  sizeBytes: CONTENT.length,
};

/** The real file system without hard links, as FAT and some network shares are. */
const WITHOUT_LINKS: DiskFileSystem = { ...realFs, link: () => Promise.reject(systemError('EPERM')) };

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code, syscall: 'test' });
}

/** Works until step `limit`, then refuses everything, as a process that died does nothing any more. */
function dyingAfter(limit: number, base: DiskFileSystem): { fs: DiskFileSystem; steps: string[] } {
  const steps: string[] = [];
  const step = (name: string) => {
    steps.push(name);
    if (steps.length > limit) throw systemError('EIO');
  };
  const fs = new Proxy(base, {
    get(target, name: keyof DiskFileSystem) {
      return async (...args: unknown[]) => {
        step(name);
        const result: unknown = await (target[name] as (...args: unknown[]) => unknown)(...args);
        if (name !== 'open') return result;
        return new Proxy(result as realFs.FileHandle, {
          get(handle, method: Exclude<keyof realFs.FileHandle, symbol>) {
            const value = handle[method];
            if (typeof value !== 'function') return value;
            return (...inner: unknown[]) => {
              if (method !== 'close') step(method);
              return (value as (...inner: unknown[]) => unknown).apply(handle, inner);
            };
          },
        });
      };
    },
  });
  return { fs, steps };
}

const hasher = openFileHasher();
afterAll(() => hasher.close());

async function openScratch(fs?: DiskFileSystem) {
  const folder = await mkdtemp(join(tmpdir(), 'vrp blobs ü '));
  const root = join(folder, 'store');
  const sourceFolder = join(folder, 'spool');
  await mkdir(root);
  await mkdir(sourceFolder);
  const blobs = await openDiskBlobs({ root, hasher, ...(fs ? { fs } : {}) });
  return {
    blobs,
    root,
    sourceFolder,
    damage: (key: string) => writeFile(blobs.localPath(key), 'rotten!'),
    dispose: async () => {
      await blobs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeBlobStore('a folder of this disk', () => openScratch());
describeBlobStore('a folder of a disk without hard links', () => openScratch(WITHOUT_LINKS));

describe('a folder of this disk', () => {
  let store: Awaited<ReturnType<typeof openScratch>>;
  let sourcePath: string;
  beforeEach(async () => {
    store = await openScratch();
    sourcePath = join(store.sourceFolder, 'data');
    await writeFile(sourcePath, CONTENT);
  });
  afterEach(() => store.dispose());

  it('keeps folders and files to their owner', async () => {
    await chmod(sourcePath, 0o644);
    await store.blobs.place(KEY, sourcePath, EXPECTED);
    await store.blobs.putDocument('raw/2026/11/x.json', '{}');
    const mode = async (path: string) => (await stat(join(store.root, path))).mode & 0o777;
    expect(await Promise.all(['raw', 'raw/2026', 'raw/2026/11'].map(mode))).toEqual([0o700, 0o700, 0o700]);
    expect(await Promise.all([KEY, 'raw/2026/11/x.json'].map(mode))).toEqual([0o600, 0o600]);
  });

  it('places by a second name, not by a copy', async () => {
    const { ino } = await stat(sourcePath);
    await store.blobs.place(KEY, sourcePath, EXPECTED);
    expect((await stat(store.blobs.localPath(KEY))).ino).toBe(ino);
  });

  it('carries bytes over from another file system', async (context) => {
    const shared = await mkdtemp('/dev/shm/vrp-blobs-').catch(() => undefined);
    if (shared === undefined || (await stat(shared)).dev === (await stat(store.root)).dev) context.skip();
    else {
      try {
        const foreign = join(shared, 'data');
        await writeFile(foreign, CONTENT);
        await store.blobs.place(KEY, foreign, EXPECTED);
        expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
        expect(await readdir(shared)).toEqual([]);
      } finally {
        await rm(shared, { recursive: true });
      }
    }
  });

  it('never reaches out of the store through a symbolic link', async () => {
    const outside = join(store.sourceFolder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'x.wav'), 'secret');
    await symlink(outside, join(store.root, 'raw'));
    const acts = [
      () => store.blobs.place('raw/x.ogg', sourcePath, EXPECTED),
      () => store.blobs.putDocument('raw/x.json', '{}'),
      () => store.blobs.read('raw/x.wav'),
      () => store.blobs.stat('raw/x.wav'),
      () => store.blobs.checksum('raw/x.wav'),
      () => store.blobs.quarantine('raw/x.wav', 'no'),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 'storage-failed' });
    expect(await readdir(outside)).toEqual(['x.wav']);
  });

  it('neither reads nor writes through a link in place of a file', async () => {
    await mkdir(join(store.root, 'raw'));
    const outside = join(store.sourceFolder, 'outside.wav');
    await writeFile(outside, 'secret');
    await symlink(outside, join(store.root, 'raw/x.wav'));
    await symlink(outside, join(store.root, 'raw/y.json'));
    await symlink(outside, join(store.root, 'raw/.z.json.partial'));
    await expect(store.blobs.read('raw/x.wav')).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(store.blobs.checksum('raw/x.wav')).rejects.toMatchObject({ code: 'storage-failed' });
    expect(await store.blobs.stat('raw/x.wav')).toBeUndefined();
    await expect(store.blobs.place('raw/x.wav', sourcePath, EXPECTED)).rejects.toMatchObject({
      code: 'blob-exists',
    });
    await store.blobs.putDocument('raw/y.json', '{}');
    await expect(store.blobs.putDocument('raw/z.json', '{}')).rejects.toMatchObject({
      code: 'storage-failed',
    });
    expect(await readFile(outside, 'utf8')).toBe('secret');
  });

  it('makes a folder again that somebody removed while the store was open', async () => {
    await store.blobs.putDocument('raw/2026/11/a.json', '{}');
    await rm(join(store.root, 'raw'), { recursive: true });
    await store.blobs.place(KEY, sourcePath, EXPECTED);
    expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
  });

  it('lets no write transaction wait for the disk', async () => {
    const session = { name: 'test', isOpen: true, onCrossing: undefined };
    await expect(runInWriteSession(session, () => store.blobs.checksum(KEY))).rejects.toMatchObject({
      code: 'session-write-boundary',
    });
  });

  it('hashes many files at once and keeps the event loop free', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `raw/${index}.wav`);
    await mkdir(join(store.root, 'raw'));
    await Promise.all(
      keys.map((key, index) => writeFile(join(store.root, key), Buffer.alloc(3_000_001, index))),
    );
    const found = await Promise.all(keys.map((key) => store.blobs.checksum(key)));
    expect(found.map(({ checksum }) => checksum)).toEqual(
      keys.map((_, index) => createHash('sha256').update(Buffer.alloc(3_000_001, index)).digest('hex')),
    );
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EIO', 'storage-failed'],
    ['EROFS', 'storage-failed'],
  ])('answers %s with %s and keeps the source', async (code, failure) => {
    const refusing = { ...realFs, link: () => Promise.reject(systemError(code)) };
    const blobs = await openDiskBlobs({ root: store.root, fs: refusing });
    await expect(blobs.place(KEY, sourcePath, EXPECTED)).rejects.toMatchObject({ code: failure });
    await blobs.close();
    expect(await readFile(sourcePath, 'utf8')).toBe(CONTENT);
    expect(await store.blobs.stat(KEY)).toBeUndefined();
  });

  it('does not keep a copy that came out wrong', async () => {
    const corrupting: DiskFileSystem = {
      ...WITHOUT_LINKS,
      copyFile: async (_from, to) => writeFile(to as string, 'something else!!!!!'),
    };
    const blobs = await openDiskBlobs({ root: store.root, fs: corrupting });
    await expect(blobs.place(KEY, sourcePath, EXPECTED)).rejects.toMatchObject({ code: 'digest-mismatch' });
    await blobs.close();
    expect(await readdir(join(store.root, 'raw/2026/11'))).toEqual([]);
    expect(await readFile(sourcePath, 'utf8')).toBe(CONTENT);
  });
});

describe('removing for good', () => {
  it('takes away a link and not what it leads to, and leaves a folder alone', async () => {
    const store = await openScratch();
    const outside = join(store.sourceFolder, 'outside.wav');
    await writeFile(outside, CONTENT);
    await mkdir(join(store.root, 'raw/2026/11/folder.wav'), { recursive: true });
    await symlink(outside, join(store.root, KEY));
    expect(await store.blobs.remove(KEY)).toBe(0);
    expect(await isThere(join(store.root, KEY))).toBe(false);
    expect(await isThere(outside)).toBe(true);
    await expect(store.blobs.remove('raw/2026/11/folder.wav')).rejects.toMatchObject({
      code: 'storage-failed',
    });
    expect(await isThere(join(store.root, 'raw/2026/11/folder.wav'))).toBe(true);
    await expect(store.blobs.remove('spool/x')).rejects.toMatchObject({ code: 'invalid-input' });
    await store.dispose();
  });
});

describe.each([
  ['with hard links', realFs as DiskFileSystem],
  ['without hard links', WITHOUT_LINKS],
])('a crash at any step, %s', (_name, base) => {
  async function crashEverywhere(
    act: (blobs: DiskBlobs, sourcePath: string) => Promise<unknown>,
    check: (
      store: Awaited<ReturnType<typeof openScratch>>,
      sourcePath: string,
      isDone: boolean,
    ) => Promise<void>,
    prepare: (blobs: DiskBlobs, sourcePath: string) => Promise<unknown> = async () => {},
  ): Promise<number> {
    for (let limit = 1; ; limit++) {
      const store = await openScratch();
      const sourcePath = join(store.sourceFolder, 'data');
      await writeFile(sourcePath, CONTENT, { mode: 0o600 });
      await prepare(store.blobs, sourcePath);
      const { fs, steps } = dyingAfter(limit, base);
      const dying = await openDiskBlobs({ root: store.root, hasher, fs });
      const isDone = await act(dying, sourcePath).then(
        () => true,
        (error: unknown) => {
          expect(failureCodeOf(error)).toBe('storage-failed');
          return false;
        },
      );
      await dying.close();
      await check(store, sourcePath, isDone);
      await store.dispose();
      if (isDone) return steps.length;
    }
  }

  it('leaves the source, the key or both, and placing again goes on from there', async () => {
    const steps = await crashEverywhere(
      (blobs, sourcePath) => blobs.place(KEY, sourcePath, EXPECTED),
      async (store, sourcePath, isDone) => {
        const isAtSource = await isThere(sourcePath);
        const atKey = await store.blobs.stat(KEY);
        expect(isAtSource || atKey !== undefined).toBe(true);
        if (atKey) expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
        if (isDone) expect(isAtSource).toBe(false);
        await store.blobs.place(KEY, sourcePath, EXPECTED);
        expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
        expect(await isThere(sourcePath)).toBe(false);
        if (base === realFs) expect(await readdir(join(store.root, 'raw/2026/11'))).toEqual(['x.wav']);
      },
    );
    expect(steps).toBeGreaterThan(12);
  });

  it('has the document beside the bytes whenever these are there', async () => {
    const document = { key: 'raw/2026/11/x.json', content: 'of x' };
    await crashEverywhere(
      (blobs, sourcePath) => blobs.place(KEY, sourcePath, EXPECTED, document),
      async (store, sourcePath, isDone) => {
        const isPlaced = (await store.blobs.stat(KEY)) !== undefined;
        if (isDone) expect(isPlaced).toBe(true);
        if (isPlaced) expect((await buffer(await store.blobs.read(document.key))).toString()).toBe('of x');
        await store.blobs.place(KEY, sourcePath, EXPECTED, document);
        expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
      },
    );
  });

  it('leaves the old or the new document', async () => {
    await crashEverywhere(
      (blobs) => blobs.putDocument('raw/d.json', 'new'),
      async (store, _source, isDone) => {
        const found = (await buffer(await store.blobs.read('raw/d.json'))).toString();
        expect(isDone ? ['new'] : ['old', 'new']).toContain(found);
        await store.blobs.putDocument('raw/d.json', 'newest');
        expect(await readdir(join(store.root, 'raw'))).toEqual(['d.json']);
      },
      (blobs) => blobs.putDocument('raw/d.json', 'old'),
    );
  });

  it('leaves what is removed whole or gone, and removing it again finishes that', async () => {
    await crashEverywhere(
      (blobs) => blobs.remove(KEY),
      async (store, _source, isDone) => {
        const left = await store.blobs.stat(KEY);
        if (isDone) expect(left).toBeUndefined();
        if (left) expect(await store.blobs.checksum(KEY)).toEqual(EXPECTED);
        expect(await store.blobs.remove(KEY)).toBe(left ? CONTENT.length : 0);
        expect(await store.blobs.stat(KEY)).toBeUndefined();
      },
      (blobs, sourcePath) => blobs.place(KEY, sourcePath, EXPECTED),
    );
  });

  it('leaves what goes to quarantine in one place or the other, and finishes when asked again', async () => {
    await crashEverywhere(
      (blobs) => blobs.quarantine(KEY, 'Damaged.'),
      async (store, _source, isDone) => {
        const here = await store.blobs.stat(KEY);
        const there = await store.blobs.stat(`quarantine/${KEY}`);
        expect(here ?? there).toEqual({ sizeBytes: CONTENT.length });
        if (isDone) expect(here).toBeUndefined();
        if (here) expect(await store.blobs.quarantine(KEY, 'Damaged.')).toBe(`quarantine/${KEY}`);
        expect(await store.blobs.checksum(`quarantine/${KEY}`)).toEqual(EXPECTED);
        expect(await store.blobs.stat(`quarantine/${KEY}.note.json`)).toBeDefined();
      },
      (blobs, sourcePath) => blobs.place(KEY, sourcePath, EXPECTED),
    );
  });
});

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
