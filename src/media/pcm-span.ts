import { avGetCodecName, Packet } from 'node-av/lib';
import { withAudioInput } from './audio-input.ts';
import type { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import type { GuardedFile } from './guarded-file.ts';
import { SAMPLE_BYTES, type SampleLayout } from './peaks-kernel.ts';
import { readWavOutline } from './probe-wav.ts';

/** A run of plain interleaved samples inside a file. */
export interface PcmSpan {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly layout: SampleLayout;
  readonly channels: number;
  readonly sampleRateHz: number;
}

/** Containers whose PCM lies in one piece from the first packet on. */
const ONE_PIECE: ReadonlySet<string> = new Set(['aiff', 'au', 'caf', 'w64']);

/** Where the samples of `file` lie when they are plain PCM in one piece; undefined when they must be decoded. */
export function findPcmSpan(file: GuardedFile, reader: ByteReader): PcmSpan | undefined {
  if (sniffContent(reader.copy(0, 4096)).family === 'wav') {
    const { file: riff, format } = readWavOutline(reader);
    // The size of the container decides, not the valid bits: 24 bits in 32 are left-justified.
    const width = (format.blockBytes / format.channels) * 8;
    const layout = format.isPcm && toLayout(format.codec?.replace(/^pcm_s\d+le$/, `pcm_s${width}le`) ?? '');
    if (!layout) return undefined;
    return { ...riff.data, layout, channels: format.channels, sampleRateHz: format.sampleRateHz };
  }
  return withAudioInput(
    file,
    ({ context, stream, demuxer }) => {
      const { codecId, channels, sampleRate } = stream.codecpar;
      const layout = toLayout(avGetCodecName(codecId) ?? '');
      if (layout === undefined || !ONE_PIECE.has(demuxer) || channels < 1 || sampleRate < 100)
        return undefined;
      using packet = new Packet();
      packet.alloc();
      if (context.readFrameSync(packet) < 0 || packet.pos < 0n) return undefined;
      const offset = Number(packet.pos);
      const declared = Number(stream.duration > 0n ? stream.duration : stream.nbFrames) * channels;
      const available = reader.sizeBytes - offset;
      const sizeBytes = declared > 0 ? Math.min(declared * SAMPLE_BYTES[layout], available) : available;
      return { offset, sizeBytes, layout, channels, sampleRateHz: sampleRate };
    },
    { isHeaderEnough: true },
  );
}

function toLayout(codec: string): SampleLayout | undefined {
  const name = codec.replace(/^pcm_/, '');
  return Object.hasOwn(SAMPLE_BYTES, name) ? (name as SampleLayout) : undefined;
}
