import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus } from '../../test/corpus.ts';
import { decodeSamples } from '../../test/decoded-samples.ts';
import { seededRandom } from '../../test/mutate-bytes.ts';
import { findFaults } from './find-faults.ts';
import { readStreamInfo, scanFlacFrames } from './flac-frames.ts';
import { withGuardedFile } from './guarded-file.ts';
import { probe } from './probe.ts';
import { repairAudio } from './repair-audio.ts';

const RATE_HZ = 48_000;
const BYTES_PER_SAMPLE = 2;

interface Span {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly firstSample: number;
  readonly samples: number;
}

let folder: string;
let sound: Buffer;
let samples: readonly Buffer[];
let frames: readonly Span[];
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-repair-flac-`);
  const random = seededRandom(7);
  // Noise of changing strength: no two frames are alike, and none is trivial.
  const sample = (frame: number, channel: number) =>
    (random(2001) / 1000 - 1) * (0.05 + 0.4 * Math.abs(Math.sin(frame / 9000 + channel)));
  writeFileSync(`${folder}/noise.wav`, makeWav({ seconds: 2, sampleRateHz: RATE_HZ, channels: 2, sample }));
  encodeFixture(`${folder}/noise.wav`, `${folder}/noise.flac`, 'flac', 'flac');
  sound = withComment(readFileSync(`${folder}/noise.flac`), 'TITLE=A walk');
  writeFileSync(`${folder}/sound.flac`, sound);
  samples = decodeSamples(`${folder}/sound.flac`).planes;
  frames = spansOf(`${folder}/sound.flac`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The file with one more tag, in a comment block in the place of the one that it has. */
function withComment(flac: Buffer, comment: string): Buffer {
  const length = flac.readUIntBE(43, 3);
  const isLast = (flac[42] ?? 0) & 0x80;
  const text = Buffer.from(comment);
  const content = Buffer.alloc(12 + text.length);
  content.writeUInt32LE(1, 4);
  content.writeUInt32LE(text.length, 8);
  text.copy(content, 12);
  const head = Buffer.from([isLast | 4, 0, 0, content.length]);
  return Buffer.concat([flac.subarray(0, 42), head, content, flac.subarray(46 + length)]);
}

function spansOf(path: string): Span[] {
  return withGuardedFile(path, (file) => {
    const info = readStreamInfo(file);
    const spans: Span[] = [];
    let offset = info.framesOffset;
    let firstSample = 0;
    for (const piece of scanFlacFrames(file, info)) {
      if ('damagedBytes' in piece) throw new Error('a frame of the source is damaged');
      const { blockSamples } = piece.header;
      spans.push({ offset, sizeBytes: piece.bytes.length, firstSample, samples: blockSamples });
      offset += piece.bytes.length;
      firstSample += blockSamples;
    }
    return spans;
  });
}

function spanAt(index: number): Span {
  const span = frames[index];
  if (!span) throw new Error(`there is no frame ${index}`);
  return span;
}

function repair(bytes: Buffer) {
  count += 1;
  const path = `${folder}/${count}.flac`;
  writeFileSync(path, bytes);
  const output = `${folder}/${count}-repaired.flac`;
  const faults = findFaults(path, () => undefined);
  return { path, output, faults, ...repairAudio(path, output, () => undefined) };
}

/** The samples of the source with zeros in the place of these frames. */
function silencedSamples(lost: ReadonlySet<number>): Buffer[] {
  return samples.map((plane) => {
    const wanted = Buffer.from(plane);
    const width = plane.length / (RATE_HZ * 2);
    for (const index of lost) {
      const { firstSample, samples: length } = spanAt(index);
      wanted.fill(0, firstSample * width, (firstSample + length) * width);
    }
    return wanted;
  });
}

function expectSilenceAt(repaired: ReturnType<typeof repair>, lost: ReadonlySet<number>): void {
  const after = decodeSamples(repaired.output);
  expect(after.errorCount).toBe(0);
  const wanted = silencedSamples(lost);
  expect(after.planes.map((plane, index) => plane.equals(wanted[index] ?? Buffer.alloc(0)))).toEqual(
    wanted.map(() => true),
  );
  const silentSeconds = repaired.silenced.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const lostSamples = [...lost].reduce((sum, index) => sum + spanAt(index).samples, 0);
  expect(silentSeconds * RATE_HZ).toBeCloseTo(lostSamples, 3);
}

describe('the repair of a FLAC file with damaged frames', () => {
  it('begins with a file of many frames whose samples are known', () => {
    expect(frames.length).toBeGreaterThan(15);
    expect(samples[0]?.length).toBeGreaterThanOrEqual(2 * RATE_HZ * BYTES_PER_SAMPLE);
    expect(findFaults(`${folder}/sound.flac`, () => undefined)).toEqual([]);
  });

  it.each<[string, readonly [frame: number, at: (span: Span) => number][], readonly number[]]>([
    ['in the samples of one', [[5, ({ sizeBytes }) => sizeBytes >> 1]], [5]],
    ['in the first bytes of one, which leaves nothing to end the one before', [[6, () => 0]], [6]],
    ['in the number of one', [[6, () => 4]], [6]],
    [
      'across a border',
      [
        [7, ({ sizeBytes }) => sizeBytes - 1],
        [8, () => 1],
      ],
      [7, 8],
    ],
    ['in the first one', [[0, ({ sizeBytes }) => sizeBytes >> 1]], [0]],
    ['in the checksum of one', [[9, ({ sizeBytes }) => sizeBytes - 2]], [9]],
    [
      'in several places',
      [
        [2, () => 40],
        [3, () => 40],
        [11, () => 2],
      ],
      [2, 3, 11],
    ],
  ])('keeps all others to the sample, with a byte changed %s', (_where, places, lost) => {
    const bytes = Buffer.from(sound);
    for (const [index, at] of places) {
      const position = spanAt(index).offset + at(spanAt(index));
      bytes[position] = (bytes[position] ?? 0) ^ 0x55;
    }
    const repaired = repair(bytes);
    expect(repaired.faults).toEqual(['flac-damaged']);
    expectSilenceAt(repaired, new Set(lost));
    expect(readFileSync(repaired.path).equals(bytes)).toBe(true);
  });

  it('puts silence where bytes are missing altogether', () => {
    const { offset, sizeBytes } = spanAt(4);
    const repaired = repair(Buffer.concat([sound.subarray(0, offset), sound.subarray(offset + sizeBytes)]));
    expectSilenceAt(repaired, new Set([4]));
    const { firstSample, samples: length } = spanAt(4);
    expect(repaired.silenced).toEqual([
      { atSeconds: firstSample / RATE_HZ, durationSeconds: length / RATE_HZ },
    ]);
  });

  it('finds its way behind a stretch of noise that is longer than the frames it took the place of', () => {
    const random = seededRandom(3);
    const from = spanAt(8).offset + 10;
    const to = spanAt(10).offset + 10;
    const noise = Buffer.from(Array.from({ length: 40_000 }, () => random(256)));
    const repaired = repair(Buffer.concat([sound.subarray(0, from), noise, sound.subarray(to)]));
    expectSilenceAt(repaired, new Set([8, 9, 10]));
  });

  it('loses exactly the frames that were touched, wherever bits flip (seeded)', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const random = seededRandom(seed);
      const bytes = Buffer.from(sound);
      const lost = new Set<number>();
      for (let flip = 0; flip < 3; flip += 1) {
        const index = random(frames.length - 1);
        const { offset, sizeBytes } = spanAt(index);
        const position = offset + random(sizeBytes);
        bytes[position] = (bytes[position] ?? 0) ^ (1 << random(8));
        lost.add(index);
      }
      expectSilenceAt(repair(bytes), lost);
    }
  });

  it('keeps the tags, and says the length in its header', () => {
    const bytes = Buffer.from(sound);
    bytes[spanAt(5).offset + 30] = (bytes[spanAt(5).offset + 30] ?? 0) ^ 1;
    const facts = probe(repair(bytes).output, 'a.flac');
    expect(facts.embedded.title).toBe('A walk');
    expect(facts).toMatchObject({ durationSeconds: 2, warnings: [], isPlayable: true });
  });

  it('refuses what is more damaged than not', () => {
    const bytes = Buffer.from(sound);
    for (let index = 0; index < frames.length - 4; index += 1) {
      const position = spanAt(index).offset + 30;
      bytes[position] = (bytes[position] ?? 0) ^ 1;
    }
    expect(() => repair(bytes)).toThrow(expect.objectContaining({ code: 'repair-impossible' }));
  });

  it.skipIf(!hasCorpus)('puts a real damaged file right (skipped without the corpus)', () => {
    const bytes = readFileSync(`${corpusFolder}corrupt/flac_faulty_01.flac`);
    const repaired = repair(bytes);
    expect(repaired.faults).toEqual(['flac-cut', 'flac-damaged']);
    expect(decodeSamples(repaired.output).errorCount).toBe(0);
  });
});
