import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus } from '../../test/corpus.ts';
import { decodeSamples } from '../../test/decoded-samples.ts';
import { seededRandom } from '../../test/mutate-bytes.ts';
import { findFaults } from './find-faults.ts';
import { measureAudio } from './measure-audio.ts';
import { probe } from './probe.ts';
import { repairAudio } from './repair-audio.ts';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
const nothing = () => undefined;

let folder: string;
let count = 0;
const encoded = new Map<string, string>();
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-repair-mp4-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A tone with noise, another one for each seed, encoded by the ffmpeg program. */
function encode(seed: number, kind: 'aac' | 'alac', args: readonly string[] = []): string {
  const key = `${seed} ${kind} ${args.join(' ')}`;
  const known = encoded.get(key);
  if (known !== undefined) return known;
  count += 1;
  const random = seededRandom(seed);
  const sample = (frame: number, channel: number) =>
    Math.sin((frame * (200 + seed * 31 + channel * 7)) / 7000) * 0.4 + (random(2001) / 1000 - 1) * 0.1;
  const wav = `${folder}/${count}.wav`;
  writeFileSync(wav, makeWav({ seconds: 1, sampleRateHz: 44_100, channels: 2, sample }));
  const path = `${folder}/${count}.m4a`;
  const made = spawnSync('ffmpeg', ['-v', 'error', '-i', wav, '-c:a', kind, ...args, path]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  encoded.set(key, path);
  return path;
}

interface Box {
  readonly type: string;
  readonly bytes: Buffer;
}

function boxesOf(path: string): Box[] {
  const bytes = readFileSync(path);
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const declared = bytes.readUInt32BE(at);
    const sizeBytes = declared === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : declared;
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      bytes: Buffer.from(bytes.subarray(at, at + sizeBytes)),
    });
    at += sizeBytes;
  }
  return boxes;
}

/** What a recorder leaves that was switched off: all but the index, and a media box that does not know its size. */
function withoutMovie(path: string, change: (whole: Buffer) => Buffer = (whole) => whole): string {
  const boxes = boxesOf(path).filter(({ type }) => type !== 'moov');
  const media = boxes.filter(({ type }) => type === 'mdat');
  const [only] = media;
  if (media.length === 1 && only && only.bytes.readUInt32BE(0) > 1) only.bytes.writeUInt32BE(0, 0);
  count += 1;
  const torn = `${folder}/${count}-torn.m4a`;
  writeFileSync(torn, change(Buffer.concat(boxes.map(({ bytes }) => bytes))));
  return torn;
}

function repair(path: string, like?: string): string {
  count += 1;
  const output = `${folder}/${count}-repaired.m4a`;
  expect(findFaults(path, nothing)).toEqual(['mp4-no-movie']);
  repairAudio(path, output, nothing, like);
  expect(findFaults(output, nothing)).toEqual([]);
  return output;
}

const audioOf = (path: string) => measureAudio(path, nothing).audioChecksum;

describe.skipIf(!hasFfmpeg)(
  'the repair of an MP4 file without its index (skipped without the ffmpeg program)',
  () => {
    it.each([
      ['AAC', 'aac', []],
      ['AAC whose index stood at the front', 'aac', ['-movflags', '+faststart']],
      ['Apple Lossless', 'alac', []],
    ] as const)('finds every packet of %s again, by another recording', (_what, kind, args) => {
      const source = encode(1, kind, args);
      const torn = withoutMovie(source);
      const before = readFileSync(torn);
      const output = repair(torn, encode(2, kind));
      expect(audioOf(output)).toBe(audioOf(source));
      expect(decodeSamples(output).errorCount).toBe(0);
      expect(probe(output, 'a.m4a')).toMatchObject({ extension: 'm4a', warnings: [] });
      expect(readFileSync(torn).equals(before)).toBe(true);
    });

    it('keeps all whole packets before a torn end, and the zeros of a power cut out', () => {
      const source = encode(1, 'aac');
      const whole = decodeSamples(source).sampleCount;
      const like = encode(2, 'aac');
      const cut = repair(
        withoutMovie(source, (bytes) => bytes.subarray(0, bytes.length >> 1)),
        like,
      );
      expect(decodeSamples(cut)).toMatchObject({ errorCount: 0 });
      expect(decodeSamples(cut).sampleCount).toBeGreaterThan(whole * 0.4);
      const zeros = withoutMovie(source, (bytes) => Buffer.concat([bytes, Buffer.alloc(50_000)]));
      expect(audioOf(repair(zeros, like))).toBe(audioOf(source));
    });

    it('gives fragments the beginning that they lost', () => {
      const args = ['-movflags', '+frag_keyframe+empty_moov', '-frag_duration', '200000'];
      const source = encode(5, 'aac', args);
      const title = ['-metadata', 'title=Longer than the other'];
      expect(audioOf(repair(withoutMovie(source), encode(6, 'aac', [...args, ...title])))).toBe(
        audioOf(source),
      );
      expect(() => repair(withoutMovie(source), encode(2, 'aac'))).toThrow(
        expect.objectContaining({ code: 'repair-impossible' }),
      );
    });

    it('refuses without an example, and with one that does not fit, and leaves nothing', () => {
      const torn = withoutMovie(encode(1, 'aac'));
      expect(() => repair(torn)).toThrow(expect.objectContaining({ code: 'repair-impossible' }));
      expect(() => repair(torn)).toThrow('--like');
      expect(() => probe(torn, 'a.m4a')).toThrow(expect.objectContaining({ code: 'audio-unreadable' }));
      expect(() => probe(torn, 'a.m4a')).toThrow('vrp repair --file');
      expect(() => repair(torn, encode(9, 'aac', ['-ac', '1']))).toThrow(
        expect.objectContaining({ code: 'repair-impossible' }),
      );
      expect(() => repair(torn, encode(2, 'alac'))).toThrow(
        expect.objectContaining({ code: 'repair-impossible' }),
      );
      expect(readdirSync(folder).filter((name) => name.endsWith('.pieces'))).toEqual([]);
    });
  },
);

describe.skipIf(!hasCorpus)(
  'the repair of real MP4 files whose index was taken away (skipped without the corpus)',
  () => {
    it.each([
      'aac_lc.3gp',
      'mm_Apple  voice memo.m4a',
      'beets_full.alac.m4a',
      'mp4parse-rust_amr_nb_1f.3gp',
      'mp4parse-rust_amr_wb_1f.3gp',
      'mediarecorder_mp4_opus_timeslice1000.mp4',
    ])('finds every packet of %s', (name) => {
      const source = `${corpusFolder}valid/${name}`;
      expect(audioOf(repair(withoutMovie(source), source))).toBe(audioOf(source));
    });
  },
);
