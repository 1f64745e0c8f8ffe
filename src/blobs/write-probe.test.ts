import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMakeSmallDisk, makeSmallDisk } from '../../test/small-disk.ts';
import { proveWritable } from './write-probe.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-write-probe-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the proof that a disk can be written to', () => {
  it('takes a moment, is dated by the disk and leaves nothing', async () => {
    const { syncMs, fileTimeMs } = await proveWritable(folder);
    expect(syncMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs(fileTimeMs - Date.now())).toBeLessThan(60_000);
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces what a crash left, and follows no link', async () => {
    const kept = join(folder, 'kept');
    await writeFile(kept, 'as it was');
    await symlink(kept, join(folder, '.write-probe'));
    await proveWritable(folder);
    expect(await readFile(kept, 'utf8')).toBe('as it was');
    await writeFile(join(folder, '.write-probe'), 'left');
    await proveWritable(folder);
    expect(await readdir(folder)).toEqual(['kept']);
  });

  it('is given many times at once', async () => {
    const proofs = await Promise.allSettled(Array.from({ length: 4 }, () => proveWritable(folder)));
    expect(proofs.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails where there is no folder, or something else of that name', async () => {
    await expect(proveWritable(join(folder, 'gone'))).rejects.toMatchObject({ code: 'storage-failed' });
    await mkdir(join(folder, '.write-probe'));
    await expect(proveWritable(folder)).rejects.toMatchObject({ code: 'storage-failed' });
    expect((await lstat(join(folder, '.write-probe'))).isDirectory()).toBe(true);
  });

  it.skipIf(!canMakeSmallDisk)('fails on a full disk with the code of one, and leaves nothing', async () => {
    const mountPoint = join(folder, 'disk');
    const disk = await makeSmallDisk('tmpfs', mountPoint, 4);
    try {
      await writeFile(join(mountPoint, 'filler'), Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
      await expect(proveWritable(mountPoint)).rejects.toMatchObject({ code: 'disk-full' });
      expect(await readdir(mountPoint)).toEqual(['filler']);
    } finally {
      await disk.dispose();
    }
  });

  it.skipIf(!canMakeSmallDisk)('fails on a disk that was turned read-only by a fault', async () => {
    const mountPoint = join(folder, 'disk');
    const disk = await makeSmallDisk('ext4', mountPoint, 16);
    try {
      await disk.turnReadOnly();
      await expect(proveWritable(mountPoint)).rejects.toMatchObject({ code: 'storage-failed' });
      await disk.mend();
      expect((await proveWritable(mountPoint)).syncMs).toBeGreaterThanOrEqual(0);
    } finally {
      await disk.dispose();
    }
  });
});
