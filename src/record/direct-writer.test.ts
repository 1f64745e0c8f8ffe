import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectWriter, giveBackBuffer, lendAlignedBuffer } from './direct-writer.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-direct-'));
  path = join(folder, 'data');
  writeFileSync(path, '');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('writing past the page cache', () => {
  it('takes whole blocks or nothing, and leaves the end of a file to others', async () => {
    const writer = new DirectWriter(path);
    const buffer = lendAlignedBuffer(64 * 1024).fill('x');
    const taken = writer.takeNow(buffer.subarray(0, 10_000), 0);
    expect([0, 8192]).toContain(taken);
    const more = await writer.take(buffer.subarray(0, 4097), 8192);
    expect([0, 4096]).toContain(more);
    expect(writer.takeNow(buffer.subarray(0, 4095), 12_288)).toBe(0);
    writer.close();
    expect(readFileSync(path).length).toBe(taken + more);
    giveBackBuffer(buffer);
  });

  it('leaves alone what no block begins at: a place in the file, or one in memory', async () => {
    const writer = new DirectWriter(path);
    const buffer = lendAlignedBuffer(64 * 1024);
    expect(writer.takeNow(buffer, 100)).toBe(0);
    expect(await writer.take(buffer.subarray(8), 0)).toBe(0);
    writer.close();
    expect(writer.takeNow(buffer, 0)).toBe(0);
    expect(readFileSync(path).length).toBe(0);
  });

  it('goes together with ordinary writes to the same file', () => {
    const writer = new DirectWriter(path);
    const bytes = lendAlignedBuffer(64 * 1024).fill('abcdefg');
    const whole = bytes.subarray(0, 20_001);
    const descriptor = openSync(path, 'r+');
    const done = writer.takeNow(whole, 0);
    writeSync(descriptor, whole, done, whole.length - done, done);
    expect(readFileSync(path).equals(whole)).toBe(true);
    closeSync(descriptor);
    writer.close();
  });
});
