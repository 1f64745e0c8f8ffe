import { describe, expect, it } from 'vitest';
import type { SyncAccessHandle } from './opfs-handle.ts';
import { SegmentFile } from './segment-file.ts';

/** A folder with one file in memory whose disk is full after `capacityBytes`. */
function folderOf(capacityBytes: number): FileSystemDirectoryHandle {
  let bytes = new Uint8Array(0);
  const handle: SyncAccessHandle = {
    read(into, { at }) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    write(part, { at }) {
      if (at + part.length > capacityBytes) throw new Error('No space is left.');
      const grown = new Uint8Array(Math.max(bytes.length, at + part.length));
      grown.set(bytes);
      grown.set(part, at);
      bytes = grown;
      return part.length;
    },
    truncate: (size) => {
      bytes = bytes.slice(0, size);
    },
    getSize: () => bytes.length,
    flush: () => {},
    close: () => {},
  };
  const file = { createSyncAccessHandle: async () => handle };
  return { getFileHandle: async () => file } as unknown as FileSystemDirectoryHandle;
}

function count(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, i) => from + i);
}

describe('the bytes of a segment', () => {
  it('are all flushed while the disk takes them', async () => {
    const file = await SegmentFile.open(folderOf(100), 'x', { create: true });
    file.append(count(0, 40));
    file.append(count(40, 60));
    expect([file.flushedBytes, file.sizeBytes, file.failure]).toEqual([60, 60, null]);
    expect(file.read(30, 50)).toEqual(count(30, 50));
  });

  it('stay readable, but do not count as flushed, from the first failed write on', async () => {
    const file = await SegmentFile.open(folderOf(50), 'x', { create: true });
    for (let at = 0; at < 100; at += 20) file.append(count(at, at + 20));
    expect([file.flushedBytes, file.sizeBytes]).toEqual([40, 100]);
    expect(String(file.failure)).toContain('No space');
    for (const [from, to] of [
      [0, 100],
      [10, 30],
      [35, 65],
      [40, 60],
      [59, 61],
      [99, 100],
    ] as const) {
      expect(file.read(from, to)).toEqual(count(from, to));
    }
  });

  it('leave memory once the server has them, and say so when somebody wants them again', async () => {
    const file = await SegmentFile.open(folderOf(50), 'x', { create: true });
    for (let at = 0; at < 200; at += 20) file.append(count(at, at + 20));
    expect(file.memoryBytes).toBe(160);
    file.release(30);
    expect([file.memoryBytes, file.hasAllFrom(0), file.tail?.length]).toEqual([160, true, 8]);
    // A part that the server has only half stays whole.
    file.release(110);
    expect([file.memoryBytes, file.sizeBytes, file.flushedBytes]).toEqual([100, 200, 40]);
    expect([file.hasAllFrom(0), file.hasAllFrom(99), file.hasAllFrom(100), file.tail]).toEqual([
      false,
      false,
      true,
      null,
    ]);
    expect(file.read(110, 190)).toEqual(count(110, 190));
    expect(file.read(0, 40)).toEqual(count(0, 40));
    expect(() => file.read(30, 110)).toThrow('were let go');
    expect(() => file.read(50, 90)).toThrow('were let go');
    file.append(count(200, 220));
    file.release(220);
    expect([file.memoryBytes, file.sizeBytes, file.hasAllFrom(220)]).toEqual([0, 220, true]);
  });

  it('keep memory flat while the server keeps up', async () => {
    const file = await SegmentFile.open(null, 'x', { create: true });
    let most = 0;
    for (let at = 0; at < 2_000_000; at += 1000) {
      file.append(new Uint8Array(1000));
      if (at % 10_000 === 0) file.release(at);
      most = Math.max(most, file.memoryBytes);
    }
    expect(most).toBeLessThanOrEqual(12_000);
  });

  it('are kept in memory when there is no folder at all', async () => {
    const file = await SegmentFile.open(null, 'x', { create: true });
    file.append(count(0, 10));
    expect([file.flushedBytes, file.sizeBytes]).toEqual([0, 10]);
    expect(file.failure).toBeInstanceOf(Error);
    expect(file.read(3, 7)).toEqual(count(3, 7));
  });
});
