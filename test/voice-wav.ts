import { writeFileSync } from 'node:fs';
import { wavHeader } from '../src/crashtest/made-audio.ts';
import { seededRandom } from '../src/crashtest/seeded-random.ts';

export { seededRandom };

/**
 * Samples like a voice: gliding harmonics in syllables that never repeat, so that any second of it can be told
 * from any other. Mono, -1 to 1.
 */
export function voiceSamples(seconds: number, sampleRateHz: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const samples = new Float32Array(Math.round(seconds * sampleRateHz));
  let phase = 0;
  let position = 0;
  let pitchHz = 140;
  while (position < samples.length) {
    const syllable = Math.round((0.12 + random() * 0.3) * sampleRateHz);
    const targetHz = 90 + random() * 220;
    const weights = Array.from({ length: 8 }, (_, harmonic) => random() / (harmonic + 1));
    const loudness = 0.25 + random() * 0.5;
    for (let i = 0; i < syllable && position < samples.length; i++, position++) {
      const share = i / syllable;
      const hz = pitchHz + (targetHz - pitchHz) * share;
      phase += (2 * Math.PI * hz) / sampleRateHz;
      let value = 0;
      // sin(nx) = 2 cos(x) sin((n - 1)x) - sin((n - 2)x): two calls for all harmonics.
      const twoCos = 2 * Math.cos(phase);
      let before = 0;
      let sine = Math.sin(phase);
      for (const weight of weights) {
        value += weight * sine;
        const next = twoCos * sine - before;
        before = sine;
        sine = next;
      }
      samples[position] = value * loudness * Math.sqrt(Math.sin(Math.PI * share)) * 0.6;
    }
    pitchHz = targetHz;
  }
  return samples;
}

/** Writes 16-bit PCM with an ordinary 44-byte header. */
export function writeWav(path: string, samples: Float32Array, sampleRateHz: number): void {
  writeFileSync(path, wavBytes(samples, sampleRateHz));
}

export function wavBytes(samples: Float32Array, sampleRateHz: number): Buffer {
  const data = Buffer.alloc(samples.length * 2);
  for (let index = 0; index < samples.length; index++) {
    const value = Math.round((samples[index] ?? 0) * 32767);
    data.writeInt16LE(Math.max(-32768, Math.min(32767, value)), index * 2);
  }
  return Buffer.concat([wavHeader(data.length, sampleRateHz), data]);
}
