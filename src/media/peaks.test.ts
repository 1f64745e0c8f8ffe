import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../../test/corpus.ts';
import { writePeaks } from './peaks-build.ts';
import { decodePeaksHeader, encodePeaksHeader, PAIR_BYTES, PEAKS_HEADER_BYTES } from './peaks-format.ts';
import { PeaksKernel, SAMPLE_BYTES, type SampleLayout } from './peaks-kernel.ts';
import { readPeaksView } from './peaks-view.ts';

let folder: string;
let fixtures: Record<string, string>;
let fileCount = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-peaks-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function peaksOf(path: string): {
  header: ReturnType<typeof decodePeaksHeader>;
  pairs: Int16Array;
  path: string;
} {
  fileCount += 1;
  const output = `${folder}/${fileCount}.vpk`;
  writePeaks(path, output, () => undefined);
  const bytes = readFileSync(output);
  const header = decodePeaksHeader(bytes, bytes.length);
  const content = bytes.subarray(PEAKS_HEADER_BYTES);
  return { header, pairs: new Int16Array(Uint8Array.from(content).buffer), path: output };
}

/** Numbers that are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The plain way to read sample `index`, as a 16-bit value. */
function readSample(view: DataView, layout: SampleLayout, index: number): number {
  const at = index * SAMPLE_BYTES[layout];
  const isLittle = layout.endsWith('le');
  const toInt16 = (value: number) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
  switch (layout) {
    case 'u8':
      return (view.getUint8(at) - 128) * 256;
    case 's8':
      return view.getInt8(at) * 256;
    case 'f32le':
      return toInt16(view.getFloat32(at, true));
    case 'f64le':
      return toInt16(Math.fround(view.getFloat64(at, true)));
    default:
      return view.getInt16(isLittle ? at + SAMPLE_BYTES[layout] - 2 : at, isLittle);
  }
}

describe('the peaks kernel', () => {
  it.each(Object.keys(SAMPLE_BYTES) as SampleLayout[])('agrees with plain JavaScript on %s', (layout) => {
    const random = makeRandom(7);
    const kernel = new PeaksKernel();
    for (const count of [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 100, 441, 1000]) {
      const bytes = Buffer.alloc(count * SAMPLE_BYTES[layout]);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let index = 0; index < count; index += 1) {
        const value = (random() - 0.5) * 1.9;
        if (layout === 'f32le') view.setFloat32(index * 4, value, true);
        else if (layout === 'f64le') view.setFloat64(index * 8, value, true);
        else
          for (let byte = 0; byte < SAMPLE_BYTES[layout]; byte += 1)
            view.setUint8(index * SAMPLE_BYTES[layout] + byte, random() * 256);
      }
      kernel.input.set(bytes);
      kernel.prepare(layout, count);
      for (const [offset, length] of [
        [0, count],
        [Math.floor(count / 3), Math.ceil(count / 2)],
      ] as const) {
        const end = Math.min(offset + length, count);
        const samples = Array.from({ length: end - offset }, (_, index) =>
          readSample(view, layout, offset + index),
        );
        kernel.measure(offset, end - offset);
        expect([kernel.low, kernel.high]).toEqual([Math.min(...samples), Math.max(...samples)]);
      }
    }
  });

  it('passes over samples that are no numbers', () => {
    const kernel = new PeaksKernel();
    const samples = new Float32Array([Number.NaN, 0.5, Number.NaN, -0.25, Number.NaN, 0, Number.NaN]);
    kernel.input.set(new Uint8Array(samples.buffer));
    kernel.prepare('f32le', samples.length);
    kernel.measure(0, samples.length);
    expect([kernel.low, kernel.high]).toEqual([-8192, 16_384]);
  });
});

describe('a peaks file', () => {
  it.each([44_100, 22_050, 11_025, 8000, 48_000])(
    'has the extremes of each hundredth of a second at %d Hz',
    (rate) => {
      const random = makeRandom(rate);
      const samples = Array.from({ length: Math.floor(rate * 1.237) * 2 }, () => random() * 2 - 1);
      const wav = makeWav({
        seconds: samples.length / 2 / rate,
        sampleRateHz: rate,
        channels: 2,
        sample: (frame, channel) => samples[frame * 2 + channel] ?? 0,
      });
      const path = `${folder}/noise-${rate}.wav`;
      writeFileSync(path, wav);
      const { header, pairs } = peaksOf(path);
      const frames = samples.length / 2;
      expect(header).toEqual({
        sampleRateHz: rate,
        pairsPerSecond: 100,
        sampleCount: frames,
        pairCount: Math.ceil((frames * 100) / rate),
      });
      const stored = new Int16Array(Uint8Array.from(wav.subarray(44)).buffer);
      for (let pair = 0; pair < pairs.length / 2; pair += 1) {
        const start = Math.floor((pair * rate) / 100) * 2;
        const run = stored.subarray(
          start,
          Math.min(Math.floor(((pair + 1) * rate) / 100) * 2, stored.length),
        );
        expect([pairs[pair * 2], pairs[pair * 2 + 1]]).toEqual([Math.min(...run), Math.max(...run)]);
      }
    },
  );

  it('is the same for WAV and FLAC, and nearly so for Opus', () => {
    const wav = peaksOf(fixtures['tone.wav']!);
    expect(peaksOf(fixtures['tone.flac']!).pairs).toEqual(wav.pairs);
    expect(peaksOf(fixtures['tone.oga']!).pairs).toEqual(wav.pairs);
    expect(peaksOf(fixtures['tone.mka']!).pairs).toEqual(wav.pairs);
    const opus = peaksOf(fixtures['tone.opus']!).pairs;
    for (let pair = 20; pair < 180; pair += 1) {
      expect(Math.abs((opus[pair * 2 + 1] ?? 0) - 16_384)).toBeLessThan(1700);
    }
  });

  it('is refused when its header does not fit its size', () => {
    const header = encodePeaksHeader({
      sampleRateHz: 8000,
      pairsPerSecond: 100,
      sampleCount: 800,
      pairCount: 10,
    });
    expect(decodePeaksHeader(header, PEAKS_HEADER_BYTES + 10 * PAIR_BYTES)).toMatchObject({ pairCount: 10 });
    expect(decodePeaksHeader(header, PEAKS_HEADER_BYTES + 9 * PAIR_BYTES)).toBeUndefined();
    expect(decodePeaksHeader(Buffer.alloc(32), 32)).toBeUndefined();
  });
});

describe('a view of a peaks file', () => {
  /** Second `n` of ten has the amplitude (n + 1) / 10. */
  function steps(): string {
    const path = `${folder}/steps.wav`;
    const rate = 8000;
    const sample = (frame: number) => ((Math.floor(frame / rate) + 1) / 10) * (frame % 2 === 0 ? 1 : -1);
    writeFileSync(path, makeWav({ seconds: 10, sampleRateHz: rate, sample }));
    return peaksOf(path).path;
  }

  it('keeps every extreme when it is narrower than the recording', async () => {
    const view = await readPeaksView(steps(), { width: 10 });
    expect(view).toMatchObject({ durationSeconds: 10, fromSeconds: 0, toSeconds: 10 });
    const heights = Array.from({ length: 10 }, (_, index) => (index + 1) / 10);
    for (const [index, step] of heights.entries()) {
      expect(view.max[index]).toBeCloseTo(step, 3);
      expect(view.min[index]).toBeCloseTo(-step, 3);
    }
  });

  it('shows only the asked stretch, with no more pairs than there are', async () => {
    const view = await readPeaksView(steps(), { fromSeconds: 3, toSeconds: 4, width: 5000 });
    expect(view.max).toHaveLength(100);
    expect(view.min).toHaveLength(100);
    for (const value of view.max) expect(value).toBeCloseTo(0.4, 3);
  });

  it('has the width that was asked for, and stays within the recording', async () => {
    const view = await readPeaksView(steps(), { fromSeconds: -5, toSeconds: 99, width: 333 });
    expect(view.max).toHaveLength(333);
    expect(view).toMatchObject({ fromSeconds: 0, toSeconds: 10 });
    const empty = await readPeaksView(steps(), { fromSeconds: 12, width: 10 });
    expect(empty).toMatchObject({ fromSeconds: 10, min: [], max: [] });
  });

  it('says when the file is none', async () => {
    writeFileSync(`${folder}/none.vpk`, 'not peaks');
    await expect(readPeaksView(`${folder}/none.vpk`)).rejects.toThrow('damaged');
  });
});

describe.skipIf(!hasCorpus)('peaks of the corpus', () => {
  it.each(hasCorpus ? readExpectedAudio() : [])('cover the whole of $file', (row) => {
    const { header } = peaksOf(`${corpusFolder}${row.file}`);
    const seconds = header!.sampleCount / header!.sampleRateHz;
    expect(Math.abs(seconds - row.duration_truth)).toBeLessThanOrEqual(row.tolerance_s);
  });
});
