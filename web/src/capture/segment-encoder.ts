import type { StreamTargetChunk } from 'mediabunny';
import { AudioSample, AudioSampleSource, OggOutputFormat, Output, Quality, StreamTarget } from 'mediabunny';
import type { Preset } from '../../../src/model/preset.ts';

/**
 * Length of an Ogg page. With a block of the audio thread (0.1 s) and the encoder's own delay on top, what a
 * killed page takes with it stays under one second.
 */
const PAGE_SECONDS = 0.8;
const OPUS_RATE_HZ = 48_000;

/** Whether the browser's own encoder converts from this rate, without holding seconds of sound back as ours would. */
async function canEncodeAt(sampleRateHz: number, preset: Preset): Promise<boolean> {
  const numberOfChannels = preset.channels;
  const config = { codec: 'opus', sampleRate: sampleRateHz, numberOfChannels, bitrate: preset.bitRateBps };
  return (await AudioEncoder.isConfigSupported(config)).supported === true;
}

export interface SegmentEncoder {
  /** Interleaved samples (one channel: plain). Calls may overlap; they are encoded in their order. */
  add(samples: Float32Array<ArrayBuffer>): Promise<void>;
  /** Resolves when the last byte was given to `onBytes`. */
  finish(): Promise<void>;
}

/** Encodes to Opus in Ogg; `onBytes` gets the file's bytes, strictly one after the other. */
export async function openEncoder(
  preset: Preset,
  sampleRateHz: number,
  onBytes: (bytes: Uint8Array) => void,
): Promise<SegmentEncoder> {
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
        onBytes(chunk.data);
      },
    }),
  );
  const output = new Output({ format: new OggOutputFormat({ maximumPageDuration: PAGE_SECONDS }), target });
  const canEncode = sampleRateHz === OPUS_RATE_HZ || (await canEncodeAt(sampleRateHz, preset));
  const source = new AudioSampleSource({
    codec: 'opus',
    quality: new Quality({ bitrate: preset.bitRateBps }),
    ...(canEncode ? {} : { transform: { sampleRate: OPUS_RATE_HZ } }),
  });
  output.addAudioTrack(source);
  await output.start();

  let frames = 0;
  let last: Promise<void> = Promise.resolve();

  async function encode(samples: Float32Array<ArrayBuffer>): Promise<void> {
    const sample = new AudioSample({
      data: samples,
      format: 'f32',
      numberOfChannels: preset.channels,
      sampleRate: sampleRateHz,
      timestamp: frames / sampleRateHz,
    });
    frames += samples.length / preset.channels;
    try {
      await source.add(sample);
    } finally {
      sample.close();
    }
  }

  return {
    add(samples) {
      last = last.then(() => encode(samples));
      return last;
    },
    async finish() {
      await last;
      await output.finalize();
    },
  };
}
