import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from './probe.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-id3-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function utf16(text: string, isBigEndian = false): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return Buffer.concat([
    Buffer.from(isBigEndian ? 'feff' : 'fffe', 'hex'),
    isBigEndian ? bytes.swap16() : bytes,
  ]);
}

function makeFrame(id: string, ...parts: (Buffer | string | number)[]): { id: string; content: Buffer } {
  const bytes = parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part)));
  return { id, content: Buffer.concat(bytes) };
}

function makeTag(version: 3 | 4, frames: readonly { id: string; content: Buffer }[]): Buffer {
  const size = (bytes: number, isPlain: boolean) =>
    Buffer.from(
      [21, 14, 7, 0].map(
        (shift, at) => (isPlain ? bytes >> (24 - 8 * at) : bytes >> shift) & (isPlain ? 0xff : 0x7f),
      ),
    );
  const body = Buffer.concat(
    frames.flatMap(({ id, content }) => [
      Buffer.from(id),
      size(content.length, version === 3),
      Buffer.alloc(2),
      content,
    ]),
  );
  return Buffer.concat([Buffer.from('ID3'), Buffer.of(version, 0, 0), size(body.length, false), body]);
}

/** A second of MPEG-1 layer III frames without any sound in them. */
function silence(): Buffer {
  const frame = Buffer.alloc(192);
  frame.writeUInt32BE(0xfffb_54c4);
  return Buffer.concat(Array.from({ length: 42 }, () => frame));
}

const MANY_VALUES = Buffer.from("'\0".repeat(300_000));

describe('an ID3v2 tag with a text of hundreds of thousands of values', () => {
  it.each([3, 4] as const)('is read without FFmpeg, which would take minutes (version 2.%s)', (version) => {
    const tag = makeTag(version, [
      makeFrame('TIT2', 1, utf16('Größe')),
      makeFrame('TPE1', 3, 'Ibáñez\0Other'),
      makeFrame('TALB', 1, utf16('Album', true)),
      makeFrame('TYER', 0, '2026'),
      makeFrame('COMM', 0, 'eng', 'iTunNORM\0', '0000'),
      makeFrame('COMM', 1, 'eng', utf16('\0'), utf16('Said by Zoë')),
      makeFrame('TXXX', 3, 'list\0', MANY_VALUES),
    ]);
    const path = `${folder}/values.mp3`;
    writeFileSync(path, Buffer.concat([tag, silence()]));
    const facts = probe(path, 'values.mp3');
    expect(facts).toMatchObject({ codec: 'mp3', sampleRateHz: 48_000, channels: 1, warnings: [] });
    expect(facts.durationSeconds).toBeCloseTo((42 * 1152) / 48_000, 3);
    expect(facts.embedded).toMatchObject({
      title: 'Größe',
      artist: 'Ibáñez',
      album: 'Album',
      date: '2026',
      comment: 'Said by Zoë',
    });
  });

  it('gives what stands in it before it ends in the middle of a frame', () => {
    const tag = makeTag(4, [
      makeFrame('TIT2', 3, 'Kept'),
      makeFrame('TPE1', 1),
      makeFrame('COMM', 1, 'x'),
      makeFrame('TXXX', 3, MANY_VALUES),
      { id: 'TAL\0', content: Buffer.alloc(4) },
    ]);
    const path = `${folder}/broken.mp3`;
    writeFileSync(path, Buffer.concat([tag, silence()]));
    expect(probe(path, 'broken.mp3').embedded).toMatchObject({ title: 'Kept', artist: null, comment: null });
  });
});
