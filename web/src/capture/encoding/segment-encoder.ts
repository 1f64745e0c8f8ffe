import type { AudioSampleSource, OutputFormat, StreamTargetChunk } from 'mediabunny';
import { AudioSample, Output, StreamTarget } from 'mediabunny';
import type { Preset } from '../../../../src/model/preset.ts';

/** What the samples of a segment are; it stays the same from its first to its last. */
export interface SampleFormat {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
}

export interface SegmentEncoder extends SampleFormat {
  /** Interleaved samples (one channel: plain). Calls may overlap; they are encoded in their order. */
  add(samples: Float32Array<ArrayBuffer>): Promise<void>;
  /** Resolves when the last byte was given to `onBytes`. */
  finish(): Promise<void>;
}

/** Everything that differs between the codecs. */
export interface Encoding {
  readonly format: OutputFormat;
  readonly source: AudioSampleSource;
  /** How the encoder wants its samples. */
  readonly sampleFormat: 'f32' | 's32';
  convert(samples: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** What is given on of the encoder's bytes so far: they may be gathered, and the first ones completed. */
  pass(bytes: Uint8Array, onBytes: (bytes: Uint8Array) => void): void;
  /** Gives on what is gathered still. */
  end(onBytes: (bytes: Uint8Array) => void): void;
}

/** `onBytes` gets the file's bytes, strictly one after the other, within a second of their sound. */
export async function openEncoder(
  preset: Preset,
  given: SampleFormat,
  onBytes: (bytes: Uint8Array) => void,
): Promise<SegmentEncoder> {
  const { sampleRateHz } = given;
  // Lossless keeps what there is: a second channel that repeats the first is none.
  const channels = preset.codec === 'flac' && given.channels === 1 ? 1 : preset.channels;
  const encoding =
    preset.codec === 'flac'
      ? await (await import('./flac-encoding.ts')).openFlac(sampleRateHz)
      : await (await import('./opus-encoding.ts')).openOpus(preset, sampleRateHz);
  let writtenBytes = 0;
  const target = new StreamTarget(
    new WritableStream<StreamTargetChunk>({
      write(chunk) {
        if (chunk.position !== writtenBytes) {
          throw new Error(
            `The encoder wrote at byte ${chunk.position}, but ${writtenBytes} was the end of the file.`,
          );
        }
        writtenBytes += chunk.data.length;
        encoding.pass(chunk.data, onBytes);
      },
    }),
  );
  const output = new Output({ format: encoding.format, target });
  output.addAudioTrack(encoding.source);
  await output.start();

  let frames = 0;
  let waiting: Float32Array<ArrayBuffer>[] = [];
  let last: Promise<void> = Promise.resolve();

  async function encode(samples: Float32Array<ArrayBuffer>): Promise<void> {
    const sample = new AudioSample({
      data: encoding.convert(samples),
      format: encoding.sampleFormat,
      numberOfChannels: channels,
      sampleRate: sampleRateHz,
      timestamp: frames / sampleRateHz,
    });
    frames += samples.length / channels;
    try {
      await encoding.source.add(sample);
    } finally {
      sample.close();
    }
  }

  return {
    sampleRateHz,
    channels,
    add(samples) {
      waiting.push(samples);
      // On a busy machine every call waits its turn: what has gathered meanwhile goes in one.
      last = last.then(async () => {
        const gathered = waiting;
        waiting = [];
        if (gathered.length > 0) await encode(joined(gathered));
      });
      return last;
    },
    async finish() {
      try {
        await last;
        await output.finalize();
      } catch (error) {
        // Frees what the encoder holds; the failure is told.
        await output.cancel().catch(() => {});
        throw error;
      } finally {
        encoding.end(onBytes);
      }
    },
  };
}

function joined(parts: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
