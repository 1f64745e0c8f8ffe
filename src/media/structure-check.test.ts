import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures } from '../../test/audio-fixtures.ts';
import { ByteReader } from './byte-reader.ts';
import { withGuardedFile } from './guarded-file.ts';
import { checkStructure, type StructureCheck } from './structure-check.ts';
import { sureDemuxer } from './sure-demuxer.ts';

let folder: string;
let fixtures: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-structure-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A stream of 64 kbit/s at 48 kHz: frames of MPEG-1 layer III without any sound in them. */
function makeMp3(frameCount: number): Buffer {
  const frame = Buffer.alloc(192);
  frame.writeUInt32BE(0xfffb_54c4);
  return Buffer.concat(Array.from({ length: frameCount }, () => frame));
}

function withReader<T>(content: Buffer, use: (reader: ByteReader) => T): T {
  const path = `${folder}/one`;
  writeFileSync(path, content);
  return withGuardedFile(path, (file) => use(new ByteReader(file.descriptor, file.sizeBytes)));
}

function check(content: Buffer, demuxer: string): StructureCheck {
  return withReader(content, (reader) => checkStructure(reader, demuxer));
}

function fixture(name: string): Buffer {
  return readFileSync(fixtures[name] ?? '');
}

const DAMAGED = [{ code: 'decode-errors', message: expect.stringContaining('are damaged') }];

describe('the structure of a small file', () => {
  it.each([
    ['flac', 'tone.flac'],
    ['ogg', 'tone.opus'],
  ])('bears out sound %s, and shows any byte of its audio that changed', (demuxer, name) => {
    const content = fixture(name);
    expect(check(content, demuxer)).toMatchObject({ hasSound: true, warnings: [] });
    for (const share of [0.5, 0.7, 0.9]) {
      const at = Math.floor(content.length * share);
      const changed = Buffer.from(content);
      changed[at] = (content[at] ?? 0) ^ 0x10;
      expect(check(changed, demuxer).warnings).toEqual(DAMAGED);
    }
  });

  it('counts the bytes and seconds of MP3, and stretches between frames that are none', () => {
    const content = makeMp3(300);
    const whole = check(content, 'mp3');
    expect(whole).toMatchObject({ hasSound: true, warnings: [], soundBytes: 300 * 192 });
    expect(whole.soundSeconds).toBeCloseTo((300 * 1152) / 48_000, 6);
    const middle = content.length / 2;
    const torn = Buffer.concat([
      content.subarray(0, middle),
      Buffer.alloc(500, 0x5a),
      content.subarray(middle),
    ]);
    expect(check(torn, 'mp3')).toMatchObject({ warnings: DAMAGED, soundBytes: 300 * 192 });
    expect(check(content.subarray(0, -1), 'mp3').warnings).toEqual(DAMAGED);
  });

  it('takes tags around and between the frames of MP3 for no damage', () => {
    const id3v1 = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
    const id3v2 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(10)]);
    const joined = Buffer.concat([id3v2, makeMp3(20), id3v1, id3v2, makeMp3(20), id3v1]);
    expect(check(joined, 'mp3')).toMatchObject({ hasSound: true, warnings: [], soundBytes: 40 * 192 });
  });

  it('says nothing of containers without checksums, nor of files without sound', () => {
    expect(check(fixture('tone.mp4'), 'mov,mp4,m4a,3gp,3g2,mj2').hasSound).toBe(false);
    for (const demuxer of ['flac', 'ogg', 'mp3']) {
      const nothing = { hasSound: false, warnings: [], soundBytes: null, soundSeconds: null };
      expect(check(Buffer.alloc(5000), demuxer)).toEqual(nothing);
    }
  });

  it('is looked at no further than the first sound in a large file', () => {
    const content = makeMp3(2000);
    content.fill(0, content.length / 2, content.length / 2 + 5000);
    expect(check(content, 'mp3')).toEqual({
      hasSound: true,
      warnings: [],
      soundBytes: null,
      soundSeconds: null,
    });
  });
});

describe('the demuxer that the first bytes name', () => {
  it.each([
    ['tone.flac', 'flac'],
    ['tone.opus', 'ogg'],
    ['tone.mp4', 'mov'],
  ])('of %s is %s', (name, demuxer) => {
    expect(withReader(fixture(name), sureDemuxer)).toBe(demuxer);
  });

  it('is told for MP3 and ADTS by some frames in a row, also behind a tag', () => {
    expect(withReader(makeMp3(4), sureDemuxer)).toBe('mp3');
    expect(withReader(makeMp3(3), sureDemuxer)).toBeUndefined();
    const id3v2 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(10)]);
    expect(withReader(Buffer.concat([id3v2, makeMp3(4)]), sureDemuxer)).toBe('mp3');
    // Frame of 100 bytes: sync word, AAC LC, 44.1 kHz, two channels.
    const frame = Buffer.concat([Buffer.from('fff150800c9ffc', 'hex'), Buffer.alloc(93)]);
    expect(withReader(Buffer.concat([id3v2, frame, frame, frame, frame]), sureDemuxer)).toBe('aac');
  });

  it('is left open for anything else', () => {
    expect(withReader(Buffer.from('#!AMR\n'), sureDemuxer)).toBeUndefined();
    expect(withReader(Buffer.alloc(3), sureDemuxer)).toBeUndefined();
  });
});
