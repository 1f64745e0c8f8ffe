import { type FlacRateHz, flacParts } from './flac-stream.ts';
import { seededRandom } from './seeded-random.ts';

/** Audio that can be made again, byte for byte, from these few words. */
export interface AudioRecipe {
  readonly format: 'flac' | 'wav';
  readonly seed: number;
  readonly seconds: number;
  readonly sampleRateHz: FlacRateHz;
}

const WAV_HEADER_BYTES = 44;
const HARMONICS = 4;

/** Mono, 16 bits: FLAC as it is recorded, or WAV with an ordinary header. */
export function makeAudio(recipe: AudioRecipe): Buffer {
  return Buffer.concat(makeAudioParts(recipe));
}

/** The same in the parts it is recorded in; FLAC may be ended behind any of them. */
export function makeAudioParts(recipe: AudioRecipe): Buffer[] {
  const samples = makeSamples(recipe);
  return recipe.format === 'flac'
    ? flacParts(samples, recipe.sampleRateHz)
    : wavParts(samples, recipe.sampleRateHz);
}

/** Gliding tones in syllables over a little noise: no two seconds of it, and no two seeds, are alike. */
function makeSamples({ seed, seconds, sampleRateHz }: AudioRecipe): Int16Array {
  const random = seededRandom(seed);
  const samples = new Int16Array(Math.max(1, Math.round(seconds * sampleRateHz)));
  let phase = 0;
  for (let position = 0; position < samples.length; ) {
    const syllableSamples = Math.round((0.1 + random() * 0.3) * sampleRateHz);
    const hz = 90 + random() * 220;
    const loudness = 3000 + random() * 5000;
    const weight = random();
    for (let i = 0; i < syllableSamples && position < samples.length; i++, position++) {
      phase += hz / sampleRateHz;
      let value = 0;
      // Parabolas instead of sines: nearly the same sound, exactly the same numbers everywhere.
      for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
        const turn = (phase * harmonic) % 1;
        value +=
          (turn < 0.5 ? 16 * turn * (0.5 - turn) : -16 * (turn - 0.5) * (1 - turn)) / (harmonic + weight);
      }
      const envelope = 4 * (i / syllableSamples) * (1 - i / syllableSamples);
      samples[position] = Math.round(value * loudness * envelope + (random() - 0.5) * 64);
    }
  }
  return samples;
}

function wavParts(samples: Int16Array, sampleRateHz: number): Buffer[] {
  const sizeBytes = samples.length * 2;
  return [wavHeader(sizeBytes, sampleRateHz), Buffer.from(samples.buffer, samples.byteOffset, sizeBytes)];
}

/** The ordinary 44 bytes before `sizeBytes` of 16-bit mono PCM. */
export function wavHeader(sizeBytes: number, sampleRateHz: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + sizeBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(sizeBytes, 40);
  return header;
}
