import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { decodePcm } from '../../test/decode-pcm.ts';
import { voiceSamples } from '../../test/voice-wav.ts';
import { openLiveEncoder } from './live-encoder.ts';
import type { LivePlan } from './live-plan.ts';

const RATE_HZ = 48_000;
const SECONDS = 6;
const sound = voiceSamples(SECONDS, RATE_HZ, 3);

function samplesFor(plan: LivePlan): Buffer {
  const width = plan.sampleFormat === 's16' ? 2 : 4;
  const samples = Buffer.alloc(sound.length * plan.channels * width);
  sound.forEach((value, index) => {
    for (let channel = 0; channel < plan.channels; channel++) {
      const at = (index * plan.channels + channel) * width;
      if (width === 2) samples.writeInt16LE(Math.round(value * 32_767), at);
      else samples.writeInt32LE(Math.round(value * 0x7fffff) * 256, at);
    }
  });
  return samples;
}

async function encode(plan: LivePlan, samples: Buffer) {
  const marks: [sizeBytes: number, seconds: number][] = [];
  const encoder = openLiveEncoder(plan, (sizeBytes, seconds) => marks.push([sizeBytes, seconds]));
  encoder.samples.end(samples);
  const parts: Buffer[] = [];
  for await (const part of encoder.file as AsyncIterable<Buffer>) parts.push(part);
  expect(await encoder.ended).toBeUndefined();
  return { file: Buffer.concat(parts), marks };
}

const OPUS: LivePlan = {
  codec: 'opus',
  sampleRateHz: RATE_HZ,
  channels: 1,
  bitRateBps: 64_000,
  sampleFormat: 's16',
};
const FLAC: LivePlan = { ...OPUS, codec: 'flac', channels: 2, sampleFormat: 's32' };

describe.each([
  ['Opus', OPUS],
  ['FLAC', FLAC],
])('a live encoder for %s', (_, plan) => {
  it('makes a file of which every beginning holds the sound it says', async () => {
    const { file, marks } = await encode(plan, samplesFor(plan));
    expect(marks.at(-1)).toEqual([file.length, SECONDS]);
    expect(marks.length).toBeGreaterThan(SECONDS);
    let lastSeconds = 0;
    for (const [sizeBytes, seconds] of marks) {
      expect(seconds - lastSeconds).toBeLessThanOrEqual(0.6);
      lastSeconds = seconds;
      // A torn page behind the mark takes nothing from what lies before it.
      const tornBytes = plan.codec === 'opus' ? 100 : 0;
      const { planes } = await decodePcm(file.subarray(0, sizeBytes + tornBytes));
      expect((planes[0]?.length ?? 0) / RATE_HZ).toBeGreaterThanOrEqual(seconds - 1 / RATE_HZ);
    }
  });
});

describe('a live encoder', () => {
  it('keeps 24 bits of lossless sound exactly', async () => {
    const { file } = await encode(FLAC, samplesFor(FLAC));
    const { planes, bitDepth } = await decodePcm(file);
    expect(bitDepth).toBe(24);
    for (const plane of planes) {
      expect(plane.length).toBe(sound.length);
      const scale = 0x800000;
      const wrong = plane.findIndex(
        (value, index) => Math.round(value * scale) !== Math.round((sound[index] ?? 0) * 0x7fffff),
      );
      expect(wrong).toBe(-1);
    }
  });

  it('leaves out a torn sample at the end', async () => {
    const { file } = await encode(FLAC, Buffer.concat([samplesFor(FLAC), Buffer.from([1, 2, 3])]));
    expect((await decodePcm(file)).planes[0]?.length).toBe(sound.length);
  });

  it('says so when it is killed in the middle', async () => {
    const encoder = openLiveEncoder(OPUS, () => undefined);
    encoder.samples.write(samplesFor(OPUS));
    const [first] = (await once(encoder.file, 'data')) as [Buffer];
    expect(first.subarray(0, 4).toString()).toBe('OggS');
    process.kill(encoder.processId, 'SIGKILL');
    expect(await encoder.ended).toMatchObject({ code: 'media-crashed' });
  });
});
