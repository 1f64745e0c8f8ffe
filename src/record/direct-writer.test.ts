import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { giveBackBuffer, lendAlignedBuffer } from '../durable/aligned-buffer.ts';
import { DirectWriter } from './direct-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'vrp-direct-'));
const path = join(folder, 'data');
writeFileSync(path, '');
const probing = DirectWriter.open(path);
probing?.close();
const isKnownHere = probing !== undefined;
beforeEach(() => writeFileSync(path, ''));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!isKnownHere)(
  'writing past the page cache (skipped where the file system knows no such thing)',
  () => {
    it('takes whole blocks and leaves the end of a file to others', async () => {
      const writer = openWriter();
      const buffer = lendAlignedBuffer(64 * 1024).fill('x');
      expect(writer.takeNow(buffer.subarray(0, 10_000), 0)).toBe(8192);
      expect(await writer.take(buffer.subarray(0, 4097), 8192)).toBe(4096);
      expect(writer.takeNow(buffer.subarray(0, 4095), 12_288)).toBe(0);
      writer.close();
      expect(readFileSync(path, 'latin1')).toBe('x'.repeat(12_288));
      giveBackBuffer(buffer);
      expect(lendAlignedBuffer(64 * 1024)).toBe(buffer);
    });

    it('leaves alone what no block begins at, in the file or in memory, and all once it is closed', async () => {
      const writer = openWriter();
      const buffer = lendAlignedBuffer(64 * 1024);
      expect(writer.takeNow(buffer, 100)).toBe(0);
      expect(await writer.take(buffer.subarray(8), 0)).toBe(0);
      writer.close();
      expect(writer.takeNow(buffer, 0)).toBe(0);
      expect(readFileSync(path).length).toBe(0);
    });

    it('goes together with ordinary writes to the same file', () => {
      const writer = openWriter();
      const whole = lendAlignedBuffer(64 * 1024)
        .fill('abcdefg')
        .subarray(0, 20_001);
      const descriptor = openSync(path, 'r+');
      const done = writer.takeNow(whole, 0);
      writeSync(descriptor, whole, done, whole.length - done, done);
      closeSync(descriptor);
      writer.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    });
  },
);

function openWriter(): DirectWriter {
  const writer = DirectWriter.open(path);
  if (writer === undefined) throw new Error('This file system is written through the page cache only.');
  return writer;
}
