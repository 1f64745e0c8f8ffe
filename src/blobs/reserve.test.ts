import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSpace } from './disk-space.ts';
import { Reserve } from './reserve.ts';

const SIZE_BYTES = 1_500_000;
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-reserve-'));
  path = join(folder, 'reserve.bin');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function reserveWith(freeBytes: number): Reserve {
  const readSpace = () => Promise.resolve({ freeBytes, totalBytes: 1e12, freeInodes: null });
  return new Reserve({ path, readSpace, keepFreeBytes: 1_000_000, sizeBytes: SIZE_BYTES });
}

describe('the reserve', () => {
  it('is real room that no file system can squeeze', async () => {
    const reserve = reserveWith(1e10);
    expect(await Promise.all([reserve.ensure(), reserve.ensure()])).toEqual([true, true]);
    expect(await readdir(folder)).toEqual(['reserve.bin']);
    const found = await stat(path);
    expect(found.size).toBe(SIZE_BYTES);
    expect(found.blocks * 512).toBeGreaterThanOrEqual(SIZE_BYTES);
    expect(gzipSync(await readFile(path)).length).toBeGreaterThan(SIZE_BYTES * 0.99);
  });

  it('gives its room back and is made again later', async () => {
    const reserve = reserveWith(1e10);
    await reserve.ensure();
    expect(await reserve.release()).toBe(true);
    expect(await reserve.release()).toBe(false);
    expect(await reserve.isHeld()).toBe(false);
    expect(await reserve.ensure()).toBe(true);
  });

  it('is not made out of the last room', async () => {
    expect(await reserveWith(1_000_000 + 4 * SIZE_BYTES - 1).ensure()).toBe(false);
    expect(await readdir(folder)).toEqual([]);
    expect(await reserveWith(1_000_000 + 4 * SIZE_BYTES).ensure()).toBe(true);
  });
});

describe('readSpace', () => {
  it('speaks of the file system that holds the folder', async () => {
    const space = await readSpace(folder);
    expect(space.freeBytes).toBeGreaterThan(0);
    expect(space.totalBytes).toBeGreaterThanOrEqual(space.freeBytes);
  });

  it('names the folder it could not ask about', async () => {
    await expect(readSpace(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('nowhere'),
    });
  });
});
