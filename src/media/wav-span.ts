import type { ByteReader } from './byte-reader.ts';
import { SAMPLE_BYTES, type SampleLayout } from './peaks-kernel.ts';
import { readWavOutline } from './wav-outline.ts';

/** A run of plain interleaved samples inside a file. */
export interface PcmSpan {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly layout: SampleLayout;
  readonly channels: number;
  readonly sampleRateHz: number;
}

/** Where the samples of a WAV file lie; undefined when they must be decoded. */
export function findWavSpan(reader: ByteReader): PcmSpan | undefined {
  const { file: riff, format } = readWavOutline(reader);
  // The size of the container decides, not the valid bits: 24 bits in 32 are left-justified.
  const width = (format.blockBytes / format.channels) * 8;
  const layout = format.isPcm
    ? layoutOf(format.codec?.replace(/^pcm_s\d+le$/, `pcm_s${width}le`) ?? '')
    : undefined;
  if (layout === undefined) return undefined;
  return { ...riff.data, layout, channels: format.channels, sampleRateHz: format.sampleRateHz };
}

/** By FFmpeg's name of the codec. */
export function layoutOf(codec: string): SampleLayout | undefined {
  const name = codec.replace(/^pcm_/, '');
  return Object.hasOwn(SAMPLE_BYTES, name) ? (name as SampleLayout) : undefined;
}
