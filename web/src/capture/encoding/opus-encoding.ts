import { AudioSampleSource, OggOutputFormat, Quality } from 'mediabunny';
import type { Preset } from '../../../../src/model/preset.ts';
import type { Encoding } from './segment-encoder.ts';

/**
 * Length of an Ogg page. With a block of the audio thread (0.1 s), the encoder's own delay and the flush of a slow
 * disk on top, what a killed page takes with it stays under one second.
 */
const PAGE_SECONDS = 0.5;
const OPUS_RATE_HZ = 48_000;

/** Opus in Ogg by the browser's own encoder. */
export async function openOpus(preset: Preset, sampleRateHz: number): Promise<Encoding> {
  const canEncode = sampleRateHz === OPUS_RATE_HZ || (await canEncodeAt(sampleRateHz, preset));
  return {
    format: new OggOutputFormat({ maximumPageDuration: PAGE_SECONDS }),
    source: new AudioSampleSource({
      codec: 'opus',
      quality: new Quality({ bitrate: preset.bitRateBps }),
      ...(canEncode ? {} : { transform: { sampleRate: OPUS_RATE_HZ } }),
    }),
    sampleFormat: 'f32',
    convert: (samples) => samples,
    pass: (bytes, onBytes) => onBytes(bytes),
    end: () => {},
  };
}

/** Whether the browser's own encoder converts from this rate, without holding seconds of sound back as ours would. */
async function canEncodeAt(sampleRateHz: number, preset: Preset): Promise<boolean> {
  const numberOfChannels = preset.channels;
  const config = { codec: 'opus', sampleRate: sampleRateHz, numberOfChannels, bitrate: preset.bitRateBps };
  return (await AudioEncoder.isConfigSupported(config)).supported === true;
}
