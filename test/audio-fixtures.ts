import { writeFileSync } from 'node:fs';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { withAudioInput } from '../src/media/audio-input.ts';
import { withGuardedFile } from '../src/media/guarded-file.ts';
import { encodeAudio } from '../src/media/render-encode.ts';

// FFmpeg speaks on stderr where it runs in the test's own process.
Log.setLevel(AV_LOG_QUIET);

export interface WavWish {
  readonly seconds: number;
  readonly sampleRateHz?: number;
  readonly channels?: number;
  /** Sample of channel `channel` at frame `frame`, -1 to 1; a 440 Hz tone when not given. */
  readonly sample?: (frame: number, channel: number) => number;
  /** What the header says the samples' size is; the truth when not given. */
  readonly declaredBytes?: number;
  /** Chunks between `fmt ` and `data`. */
  readonly chunks?: readonly (readonly [id: string, content: Buffer])[];
}

/** A 16-bit PCM WAV file. */
export function makeWav(wish: WavWish): Buffer {
  const { seconds, sampleRateHz = 16_000, channels = 1 } = wish;
  const sample = wish.sample ?? ((frame) => Math.sin((frame * 2 * Math.PI * 440) / sampleRateHz) * 0.5);
  const frames = Math.round(seconds * sampleRateHz);
  const samples = Buffer.alloc(frames * channels * 2);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const value = Math.max(-32_768, Math.min(32_767, Math.round(sample(frame, channel) * 32_767)));
      samples.writeInt16LE(value, (frame * channels + channel) * 2);
    }
  }
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRateHz, 4);
  format.writeUInt32LE(sampleRateHz * channels * 2, 8);
  format.writeUInt16LE(channels * 2, 12);
  format.writeUInt16LE(16, 14);
  const body = [
    Buffer.from('WAVE'),
    makeChunk('fmt ', format),
    ...(wish.chunks ?? []).map(([id, content]) => makeChunk(id, content)),
    makeChunk('data', samples, wish.declaredBytes),
  ];
  const content = Buffer.concat(body);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

export function makeChunk(id: string, content: Buffer, declaredBytes = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 4, 'latin1');
  head.writeUInt32LE(declaredBytes, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** Encodes the WAV file `wavPath` as FFmpeg's `muxer` says into the new file `outputPath`. */
export function encodeFixture(
  wavPath: string,
  outputPath: string,
  encoder: 'flac' | 'libopus',
  muxer: string,
  muxerOptions: Readonly<Record<string, string>> = {},
): void {
  withGuardedFile(wavPath, (file) =>
    withAudioInput(file, (input) =>
      encodeAudio(input, { encoder, muxer, muxerOptions }, outputPath, { onProgress: () => undefined }),
    ),
  );
}

/** One file of each kind that can be made here, by name; made in `folder`. */
export function makeFixtures(folder: string): Record<string, string> {
  const wav = `${folder}/tone.wav`;
  writeFileSync(wav, makeWav({ seconds: 2, sampleRateHz: 48_000, channels: 2 }));
  const kinds = [
    ['tone.flac', 'flac', 'flac'],
    ['tone.oga', 'flac', 'ogg'],
    ['tone.opus', 'libopus', 'ogg'],
    ['tone.webm', 'libopus', 'webm'],
    ['tone.mka', 'flac', 'matroska'],
    ['tone.mp4', 'libopus', 'mp4'],
  ] as const;
  const made: Record<string, string> = { 'tone.wav': wav };
  for (const [name, encoder, muxer] of kinds) {
    const path = `${folder}/${name}`;
    encodeFixture(wav, path, encoder, muxer);
    made[name] = path;
  }
  return made;
}
