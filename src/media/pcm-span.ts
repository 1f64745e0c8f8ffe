import { avGetCodecName, Packet } from 'node-av/lib';
import { withAudioInput } from './audio-input.ts';
import type { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import type { GuardedFile } from './guarded-file.ts';
import { SAMPLE_BYTES } from './peaks-kernel.ts';
import { findWavSpan, layoutOf, type PcmSpan } from './wav-span.ts';

/** Containers whose PCM lies in one piece from the first packet on. */
const ONE_PIECE: ReadonlySet<string> = new Set(['aiff', 'au', 'caf', 'w64']);

/** Where the samples of `file` lie when they are plain PCM in one piece; undefined when they must be decoded. */
export function findPcmSpan(file: GuardedFile, reader: ByteReader): PcmSpan | undefined {
  if (sniffContent(reader.copy(0, 4096)).family === 'wav') return findWavSpan(reader);
  return withAudioInput(
    file,
    ({ context, stream, demuxer }) => {
      const { codecId, channels, sampleRate } = stream.codecpar;
      const layout = layoutOf(avGetCodecName(codecId) ?? '');
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
