import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readFlacFrameHeader } from '../../../../src/model/flac-frame.ts';
import { findPreset, type Preset } from '../../../../src/model/preset.ts';
import { decodePcm } from '../../../../test/decode-pcm.ts';
import { seededRandom, voiceSamples } from '../../../../test/voice-wav.ts';
import { createFlacClock } from './flac-clock.ts';
import { openEncoder, type SampleFormat } from './segment-encoder.ts';

const ARCHIVE = findPreset('archive') as Preset;
const BLOCKS_PER_SECOND = 10;

/** What the encoder writes for `samples` (interleaved) that arrive in blocks of a tenth of a second. */
async function encode(
  samples: Float32Array<ArrayBuffer>,
  format: SampleFormat,
  pauseMs = 0,
): Promise<Uint8Array[]> {
  const writes: Uint8Array[] = [];
  const encoder = await openEncoder(ARCHIVE, format, (bytes) => writes.push(bytes.slice()));
  const step = Math.round(format.sampleRateHz / BLOCKS_PER_SECOND) * format.channels;
  for (let at = 0; at < samples.length; at += step) {
    await encoder.add(samples.slice(at, at + step));
    if (pauseMs > 0) await sleep(pauseMs);
  }
  await encoder.finish();
  return writes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A voice on the left and noise on the right, as a device of so many bits gives them. */
function stereo(seconds: number, sampleRateHz: number, bits: number): Float32Array<ArrayBuffer> {
  const random = seededRandom(bits);
  const voice = voiceSamples(seconds, sampleRateHz, 7);
  const steps = 2 ** (bits - 1);
  const samples = new Float32Array(voice.length * 2);
  voice.forEach((sample, i) => {
    samples[2 * i] = Math.round(sample * (steps - 1)) / steps;
    samples[2 * i + 1] = Math.floor((random() * 2 - 1) * steps) / steps;
  });
  samples.set([1, -1], 0);
  return samples;
}

describe('a take in FLAC', () => {
  it.each([16, 24])('keeps every sample of a device of %i bits as it was', async (bits) => {
    const samples = stereo(1.23, 44_100, bits);
    const { planes, sampleRateHz, bitDepth } = await decodePcm(
      joined(await encode(samples, { sampleRateHz: 44_100, channels: 2 })),
    );
    expect([sampleRateHz, bitDepth, planes.length, planes[0]?.length]).toEqual([
      44_100,
      24,
      2,
      samples.length / 2,
    ]);
    // Full scale is one step more than 24 bits have.
    samples[0] = (2 ** 23 - 1) / 2 ** 23;
    for (const channel of [0, 1]) {
      expect(planes[channel]?.every((sample, i) => sample === samples[2 * i + channel])).toBe(true);
    }
  });

  it('gives a device of 16 bits its own numbers back, however the browser scaled them', async () => {
    const random = seededRandom(9);
    const numbers = Array.from({ length: 9_600 }, () => Math.floor(random() * 65_536) - 32_768);
    numbers.splice(0, 5, -32_768, 32_767, 0, 1, -1);
    const asChromiumDoes = Float32Array.from(numbers, (number) => number / (number < 0 ? 32_768 : 32_767));
    const file = joined(await encode(asChromiumDoes, { sampleRateHz: 48_000, channels: 1 }));
    const { planes } = await decodePcm(file);
    expect(planes[0]?.every((sample, i) => sample * 32_768 === numbers[i])).toBe(true);
    // Noise of 16 bits cannot be made smaller; the 8 empty ones are.
    expect(file.length).toBeLessThan(numbers.length * 2 * 1.01);
  });

  it('keeps the faintest noise of a device of 24 bits', async () => {
    const faint = Float32Array.from({ length: 4_800 }, (_, i) => ((i % 3) - 1) / 2 ** 23);
    const { planes } = await decodePcm(joined(await encode(faint, { sampleRateHz: 48_000, channels: 1 })));
    expect(planes[0]).toEqual(faint);
  });

  it('has one channel when the device has one', async () => {
    const voice = new Float32Array(voiceSamples(0.5, 48_000, 3));
    const { planes } = await decodePcm(joined(await encode(voice, { sampleRateHz: 48_000, channels: 1 })));
    expect([planes.length, planes[0]?.length]).toEqual([1, voice.length]);
  });

  it('is written more often than every second, and says in its first bytes how large its blocks are', async () => {
    const writes = await encode(stereo(4, 48_000, 16), { sampleRateHz: 48_000, channels: 2 }, 30);
    const clock = createFlacClock();
    let sizeBytes = 0;
    let lastSeconds = 0;
    for (const bytes of writes) {
      clock.push(bytes);
      sizeBytes += bytes.length;
      expect(clock.wholeBytes).toBe(sizeBytes);
      expect(clock.secondsAt(sizeBytes) - lastSeconds).toBeLessThan(1);
      lastSeconds = clock.secondsAt(sizeBytes);
    }
    expect(lastSeconds).toBe(4);
    // Of 47 frames at most a few wait for each other.
    expect(writes.length).toBeGreaterThan(12);
    const view = new DataView(joined(writes).buffer);
    const blockSamples = readFlacFrameHeader(joined(writes), 42)?.blockSamples;
    expect([view.getUint16(8), view.getUint16(10)]).toEqual([blockSamples, blockSamples]);
  });
});

describe('the clock of a FLAC file', async () => {
  const file = joined(await encode(stereo(2, 48_000, 16), { sampleRateHz: 48_000, channels: 2 }));
  const frameEnds = endsOf(file);

  it('counts a frame only from its last byte on', () => {
    expect(frameEnds.length).toBe(Math.ceil((2 * 48_000) / 4096));
    frameEnds.forEach((end, frame) => {
      const clock = createFlacClock();
      clock.push(file.subarray(0, end));
      expect(clock.wholeBytes).toBe(end);
      expect(clock.secondsAt(end)).toBeCloseTo(Math.min(2, ((frame + 1) * 4096) / 48_000), 6);
      const torn = createFlacClock();
      torn.push(file.subarray(0, end - 1));
      expect(torn.secondsAt(end)).toBeCloseTo((frame * 4096) / 48_000, 6);
    });
  });

  it('says the same however the bytes were cut', () => {
    for (const step of [42, 255, 4096, 30_000]) {
      const clock = createFlacClock();
      for (let at = 0; at < file.length; at += step) clock.push(file.subarray(at, at + step));
      expect([clock.wholeBytes, clock.secondsAt(file.length)]).toEqual([file.length, 2]);
    }
  });

  it('knows the next frame by a header that comes byte by byte', () => {
    const clock = createFlacClock();
    const end = frameEnds[2] ?? 0;
    for (let at = 0; at < end; at += 1) clock.push(file.subarray(at, at + 1));
    expect(clock.wholeBytes).toBe(end);
    expect(clock.secondsAt(end)).toBeCloseTo((3 * 4096) / 48_000, 6);
  });

  it('ends before a frame that is torn, blank or another one', () => {
    const end = frameEnds[9] ?? 0;
    const seconds = (10 * 4096) / 48_000;
    const random = seededRandom(5);
    const after = {
      'a few bytes': file.subarray(end, end + 9),
      'half a frame': file.subarray(end, end + 3_000),
      zeros: new Uint8Array(5_000),
      noise: Uint8Array.from({ length: 5_000 }, () => Math.floor(random() * 256)),
    };
    for (const [name, bytes] of Object.entries(after)) {
      const clock = createFlacClock();
      clock.push(joined([file.subarray(0, end), bytes]));
      // Without its successor, a frame is known to be whole only when nothing or blankness follows.
      const isProven = name !== 'noise';
      expect([name, clock.wholeBytes]).toEqual([name, isProven ? end : frameEnds[8]]);
      if (isProven) expect(clock.secondsAt(1e9)).toBeCloseTo(seconds, 6);
    }
  });

  it('has no seconds in what is no FLAC', () => {
    const clock = createFlacClock();
    clock.push(new Uint8Array(50_000).fill(7));
    expect([clock.wholeBytes, clock.secondsAt(1e9)]).toEqual([0, 0]);
  });
});

/** Where frames end, by looking for the header of every next one. */
function endsOf(file: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = 42, frame = 0; at <= file.length; at += 1) {
    if (at === file.length) ends.push(at);
    else if (readFlacFrameHeader(file, at)?.codedNumber === frame) {
      if (frame > 0) ends.push(at);
      frame += 1;
    }
  }
  return ends;
}
