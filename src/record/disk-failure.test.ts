import { execFileSync } from 'node:child_process';
import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdir, readFile, rename, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
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
import { type Disk, systemDisk } from './disk.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];

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
  return { desk, uploads };
}

function code(expected: string) {
  return expect.objectContaining({ code: expected });
}

function errno(name: string): Error {
  return Object.assign(new Error(name), { code: name });
}

/** A real disk that can be told to be full, or to fail in its next syncs. */
class TroubledDisk implements Disk {
  roomBytes = Number.POSITIVE_INFINITY;
  failingSyncs = 0;
  /** Inodes whose sync failed, and those of them that were synced again: there must be none. */
  readonly failed = new Set<number>();
  readonly syncedAgain: number[] = [];

  async write(descriptor: number, pieces: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes > this.roomBytes) throw errno('ENOSPC');
    this.roomBytes -= bytes;
    await systemDisk.write(descriptor, pieces, position);
  }

  async sync(descriptor: number): Promise<void> {
    const inode = fstatSync(descriptor).ino;
    if (this.failed.has(inode)) this.syncedAgain.push(inode);
    if (this.failingSyncs > 0) {
      this.failingSyncs--;
      this.failed.add(inode);
      throw errno('EIO');
    }
    await systemDisk.sync(descriptor);
  }
}

const bytes = seededBytes(100_000, 41);

describe('a full disk', () => {
  it('keeps what was written of a long chunk, says so, and the upload goes on when there is room', async () => {
    const disk = new TroubledDisk();
    let asked = 0;
    const { desk, uploads } = await openSpool({
      disk,
      tuning: { writeBytes: 1000, patienceMs: 25_000 },
      onDiskFull: async () => {
        asked++;
        // The reserve is let go: enough for a record, not for more audio.
        disk.roomBytes = 500;
      },
    });
    const { id } = await uploads.create(wishFor(), bytes.length);
    disk.roomBytes = 30_500;
    const pieces = Array.from({ length: 100 }, (_, index) =>
      bytes.subarray(index * 1000, (index + 1) * 1000),
    );
    const chunk = chunkOf(0, bytes, { body: Readable.from(pieces) });
    await expect(uploads.append(id, chunk)).rejects.toEqual(code('disk-full'));
    expect(asked).toBe(1);
    expect((await uploads.head(id)).offsetBytes).toBe(30_000);
    await uploads.close();
    const restarted = await openUploads({ ...desk, disk: systemDisk });
    opened.push({ desk, uploads: restarted });
    expect((await restarted.head(id)).offsetBytes).toBe(30_000);
    const state = await restarted.append(id, chunkOf(30_000, bytes.subarray(30_000)));
    expect(state.receipt?.checksum).toBe(sha256(bytes));
  });

  it('drops a chunk with a checksum as a whole', async () => {
    const disk = new TroubledDisk();
    const { uploads } = await openSpool({ disk });
    const { id } = await uploads.create(wishFor(), bytes.length);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 10)));
    disk.roomBytes = 100;
    const chunk = chunkOf(10, bytes.subarray(10), { checksum: sha256(bytes.subarray(10)) });
    await expect(uploads.append(id, chunk)).rejects.toEqual(code('disk-full'));
    expect((await uploads.head(id)).offsetBytes).toBe(10);
    disk.roomBytes = 1e9;
    expect((await uploads.append(id, chunkOf(10, bytes.subarray(10)))).receipt?.checksum).toBe(sha256(bytes));
  });

  it('that does not even take the record leaves the last safe offset', async () => {
    const disk = new TroubledDisk();
    const { uploads } = await openSpool({ disk });
    const { id } = await uploads.create(wishFor(), bytes.length);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 10)));
    disk.roomBytes = 0;
    await expect(uploads.append(id, chunkOf(10, bytes.subarray(10)))).rejects.toEqual(code('disk-full'));
    expect((await uploads.head(id)).offsetBytes).toBe(10);
    disk.roomBytes = 1e9;
    expect((await uploads.append(id, chunkOf(10, bytes.subarray(10)))).receipt?.checksum).toBe(sha256(bytes));
  });

  const canMount = tryMount();
  it.skipIf(!canMount)(
    'of the operating system itself: what is acknowledged is there, the rest can be sent later',
    async () => {
      const desk = await makeSpoolDesk({ tuning: { writeBytes: 64 * 1024, patienceMs: 25_000 } });
      await mkdir(desk.spoolPath);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', desk.spoolPath]);
      try {
        const uploads = await openUploads(desk);
        const { id } = await uploads.create(wishFor(), null);
        const large = seededBytes(4_000_000, 42);
        const pieces = Array.from({ length: 62 }, (_, index) =>
          large.subarray(index * 65_536, (index + 1) * 65_536),
        );
        const chunk = chunkOf(0, large, { body: Readable.from(pieces), contentLengthBytes: null });
        await expect(uploads.append(id, chunk)).rejects.toEqual(code('disk-full'));
        const { offsetBytes } = await uploads.head(id);
        expect(offsetBytes).toBeGreaterThan(1_000_000);
        expect(
          (await readFile(join(desk.spoolPath, id, 'data'))).equals(large.subarray(0, offsetBytes)),
        ).toBe(true);
        expect((await statfs(desk.spoolPath)).bavail).toBeLessThan(200);
        await uploads.close();
      } finally {
        execFileSync('umount', [desk.spoolPath]);
        await desk.remove();
      }
    },
  );
});

function tryMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a sync that failed', () => {
  it('is told, its files are never synced again, and the upload goes on in new ones', async () => {
    const disk = new TroubledDisk();
    const { desk, uploads } = await openSpool({ disk, tuning: { logBytes: 0, patienceMs: 25_000 } });
    const { id } = await uploads.create(wishFor(), bytes.length);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 40_000)));
    disk.failingSyncs = 2;
    await expect(uploads.append(id, chunkOf(40_000, bytes.subarray(40_000)))).rejects.toEqual(
      code('storage-failed'),
    );
    expect((await uploads.head(id)).offsetBytes).toBe(40_000);
    const folder = join(desk.spoolPath, id);
    expect(await namesUnder(folder)).toEqual(['data', 'data-2', 'info.json', 'journal', 'journal-2']);
    expect((await readFile(join(folder, 'data-2'))).equals(bytes.subarray(0, 40_000))).toBe(true);
    const state = await uploads.append(id, chunkOf(40_000, bytes.subarray(40_000)));
    expect(state.receipt?.checksum).toBe(sha256(bytes));
    expect(desk.placed[0]?.path).toBe(join(folder, 'data-2'));
    expect((await desk.libraryFile(id)).equals(bytes)).toBe(true);
    expect(disk.failed.size).toBe(2);
    expect(disk.syncedAgain).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('leaves neither of its files open', async () => {
    const disk = new TroubledDisk();
    const { desk, uploads } = await openSpool({ disk, tuning: { logBytes: 0, patienceMs: 25_000 } });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 40_000)));
    const openFiles = () =>
      readdirSync('/proc/self/fd').flatMap((name) => {
        try {
          return [readlinkSync(`/proc/self/fd/${name}`)];
        } catch {
          return [];
        }
      });
    const distrusted = [join(desk.spoolPath, id, 'data'), join(desk.spoolPath, id, 'journal')];
    expect(openFiles()).toEqual(expect.arrayContaining(distrusted));
    disk.failingSyncs = 1;
    await expect(uploads.append(id, chunkOf(40_000, bytes.subarray(40_000)))).rejects.toEqual(
      code('storage-failed'),
    );
    expect(openFiles().filter((path) => distrusted.includes(path))).toEqual([]);
  });

  it('of either file is enough for that', async () => {
    const disk = new TroubledDisk();
    const { desk, uploads } = await openSpool({ disk, tuning: { logBytes: 0, patienceMs: 25_000 } });
    const { id } = await uploads.create(wishFor(), null);
    disk.failingSyncs = 1;
    await expect(uploads.append(id, chunkOf(0, bytes))).rejects.toEqual(code('storage-failed'));
    expect(await namesUnder(join(desk.spoolPath, id))).toContain('data-2');
    expect((await uploads.append(id, chunkOf(0, bytes))).offsetBytes).toBe(bytes.length);
  });

  it('is survived by a restart, which goes on with the new files', async () => {
    const disk = new TroubledDisk();
    const { desk, uploads } = await openSpool({ disk, tuning: { logBytes: 0, patienceMs: 25_000 } });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 40_000)));
    disk.failingSyncs = 2;
    await expect(uploads.append(id, chunkOf(40_000, bytes.subarray(40_000)))).rejects.toEqual(
      code('storage-failed'),
    );
    await uploads.append(id, chunkOf(40_000, bytes.subarray(40_000, 70_000)));
    await uploads.close();
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    expect((await restarted.head(id)).offsetBytes).toBe(70_000);
    const rest = chunkOf(70_000, bytes.subarray(70_000), { lengthBytes: bytes.length });
    expect((await restarted.append(id, rest)).receipt?.checksum).toBe(sha256(bytes));
  });

  it('whose acknowledged bytes cannot be read back either is told until they can', async () => {
    const disk = new TroubledDisk();
    const { desk, uploads } = await openSpool({ disk, tuning: { logBytes: 0, patienceMs: 25_000 } });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 40_000)));
    const data = join(desk.spoolPath, id, 'data');
    await rename(data, `${data}.away`);
    disk.failingSyncs = 2;
    const next = () => chunkOf(40_000, bytes.subarray(40_000));
    await expect(uploads.append(id, next())).rejects.toEqual(code('storage-failed'));
    await expect(uploads.append(id, next())).rejects.toEqual(code('storage-failed'));
    await rename(`${data}.away`, data);
    expect((await uploads.append(id, next())).offsetBytes).toBe(bytes.length);
  });
});
