import {
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S32,
  Decoder,
  Demuxer,
} from 'node-av';

export interface Pcm {
  /** One for each channel, -1 to 1, exactly as decoded. */
  readonly planes: readonly Float32Array[];
  readonly sampleRateHz: number;
  /** 0 where the codec has none. */
  readonly bitDepth: number;
}

type Samples = Float32Array | Int16Array | Int32Array;

/** What FFmpeg hears in an audio file, given by its path or its bytes. */
export async function decodePcm(file: string | Uint8Array): Promise<Pcm> {
  await using demuxer = await Demuxer.open(typeof file === 'string' ? file : Buffer.from(file));
  const stream = demuxer.audio();
  if (!stream) throw new Error('There is no audio in it.');
  using decoder = await Decoder.create(stream);
  const parts: Float32Array[][] = [];
  let sampleRateHz = 0;
  for await (const frame of decoder.frames(demuxer.packets(stream.index))) {
    if (!frame) continue;
    const { format, nbSamples } = frame;
    const channels = frame.channelLayout.nbChannels;
    const isPlanar = format === AV_SAMPLE_FMT_FLTP && channels > 1;
    for (let channel = 0; channel < channels; channel += 1) {
      const plane =
        (isPlanar ? frame.extendedData?.[channel] : undefined) ?? frame.data?.[isPlanar ? channel : 0];
      const { samples, scale } = readSamples(plane ?? Buffer.alloc(0), format);
      const step = isPlanar ? 1 : channels;
      const first = isPlanar ? 0 : channel;
      parts[channel] ??= [];
      parts[channel]?.push(
        Float32Array.from({ length: nbSamples }, (_, i) => (samples[i * step + first] ?? 0) / scale),
      );
    }
    sampleRateHz = frame.sampleRate;
    frame.free();
  }
  return { planes: parts.map(join), sampleRateHz, bitDepth: stream.codecpar.bitsPerRawSample };
}

function readSamples(plane: Buffer, format: number): { samples: Samples; scale: number } {
  const { buffer } = new Uint8Array(plane);
  if (format === AV_SAMPLE_FMT_FLTP || format === AV_SAMPLE_FMT_FLT)
    return { samples: new Float32Array(buffer), scale: 1 };
  if (format === AV_SAMPLE_FMT_S16) return { samples: new Int16Array(buffer), scale: 2 ** 15 };
  if (format === AV_SAMPLE_FMT_S32) return { samples: new Int32Array(buffer), scale: 2 ** 31 };
  throw new Error(`Samples of FFmpeg's format ${format} are not read here.`);
}

function join(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
