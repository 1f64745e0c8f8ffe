import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFixtures } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../../test/corpus.ts';
import { seededRandom, voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { hearPeaks } from './passing-peaks.ts';
import { writePeaks } from './peaks-build.ts';

let folder: string;
let fixtures: Record<string, string>;
let fileCount = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-passing-peaks-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Lets the bytes of a file pass in pieces of any length; resolves to the peaks that came of it. */
async function passing(path: string, seed: number): Promise<Buffer | undefined> {
  const random = seededRandom(seed);
  const output = join(folder, `by-product-${fileCount++}`, 'peaks.vpk');
  const bytes = readFileSync(path);
  const descriptor = openSync(path, 'r');
  try {
    const listener = hearPeaks({ descriptor, sizeBytes: bytes.length }, output);
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 100_000));
      listener?.hear(bytes.subarray(at, end), at);
      at = end;
    }
    await listener?.end();
    return existsSync(output) ? readFileSync(output) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readAgain(path: string): Buffer {
  const output = join(folder, `again-${fileCount++}.vpk`);
  writePeaks(path, output, () => undefined);
  return readFileSync(output);
}

interface Wish {
  readonly bits: number;
  readonly channels: number;
  readonly isFloat?: boolean;
  /** Bytes of a chunk before the samples. */
  readonly before?: number;
  /** What the header says of the samples, where it is not the truth. */
  readonly declaredBytes?: number;
}

/** A second of noise. */
function noise({ bits, channels, isFloat = false, before = 0, declaredBytes }: Wish): Buffer {
  const random = seededRandom(bits + channels);
  const blockBytes = (bits / 8) * channels;
  const samples = Buffer.alloc(44_100 * blockBytes);
  if (isFloat) for (let at = 0; at < samples.length; at += 4) samples.writeFloatLE(random() - 0.5, at);
  else for (let at = 0; at < samples.length; at++) samples[at] = random() * 256;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(isFloat ? 3 : 1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(44_100, 4);
  format.writeUInt32LE(44_100 * blockBytes, 8);
  format.writeUInt16LE(blockBytes, 12);
  format.writeUInt16LE(bits, 14);
  const chunk = (id: string, content: Buffer, size = content.length) => {
    const head = Buffer.alloc(8);
    head.write(id, 0, 'latin1');
    head.writeUInt32LE(size, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    ...(before > 0 ? [chunk('junk', Buffer.alloc(before, 7))] : []),
    chunk('data', samples, declaredBytes),
  ]);
  return chunk('RIFF', body);
}

it.each<Wish>([
  { bits: 8, channels: 1 },
  { bits: 16, channels: 1 },
  { bits: 16, channels: 2, before: 70_001 },
  { bits: 24, channels: 2 },
  { bits: 24, channels: 5 },
  { bits: 32, channels: 1 },
  { bits: 32, channels: 2, isFloat: true },
  { bits: 16, channels: 2, declaredBytes: 0xffff_ffff },
  { bits: 24, channels: 2, declaredBytes: 10_000 },
])('makes the same peaks of passing bytes as of a file that is read again: %o', async (wish) => {
  const path = join(folder, `noise-${fileCount++}.wav`);
  writeFileSync(path, noise(wish));
  const again = readAgain(path);
  for (const seed of [1, 2, 3]) expect((await passing(path, seed))?.equals(again)).toBe(true);
});

it.skipIf(!hasCorpus)('does so for the WAV files of the corpus', async () => {
  const names = readExpectedAudio()
    .map(({ file }) => join(corpusFolder, file))
    .filter((path) => /\.wav$/i.test(path));
  let heard = 0;
  for (const [seed, path] of names.entries()) {
    const peaks = await passing(path, seed);
    if (peaks === undefined) continue;
    heard++;
    expect(peaks.equals(readAgain(path)), path).toBe(true);
  }
  expect(heard).toBeGreaterThan(20);
});

it('makes nothing of what is no plain WAV, and leaves nothing of a copy that came to nothing', async () => {
  for (const path of Object.values(fixtures).filter((path) => !path.endsWith('.wav')))
    expect(await passing(path, 1), path).toBeUndefined();
  const path = join(folder, 'cut-short.wav');
  writeFileSync(path, wavBytes(voiceSamples(1, 48_000, 5), 48_000));
  const sizeBytes = statSync(path).size;
  const output = join(folder, 'cut-short', 'peaks.vpk');
  const descriptor = openSync(path, 'r');
  const called = hearPeaks({ descriptor, sizeBytes }, output);
  called?.hear(readFileSync(path).subarray(0, 1000), 0);
  called?.giveUp();
  expect(existsSync(dirname(output))).toBe(false);
  // The source lost its end while it was copied.
  const cut = hearPeaks({ descriptor, sizeBytes }, output);
  cut?.hear(readFileSync(path).subarray(0, 1000), 0);
  await cut?.end();
  expect(existsSync(dirname(output))).toBe(false);
  appendFileSync(join(folder, 'in-the-way'), '');
  expect(hearPeaks({ descriptor, sizeBytes }, join(folder, 'in-the-way', 'peaks.vpk'))).toBeUndefined();
  closeSync(descriptor);
});
