import { createHash, type Hash } from 'node:crypto';
import { Packet } from 'node-av/lib';
import { AUDIO_CHECKSUM_METHOD, type AudioMeasurement } from '../model/audio-measurement.ts';
import { AudioDecoder } from './audio-decoder.ts';
import { type AudioInput, withAudioInput } from './audio-input.ts';
import { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { LoudnessMeter, type MeteredSound } from './loudness-meter.ts';
import { withSamples } from './pcm-input.ts';
import { findPcmSpan } from './pcm-span.ts';
import { damageRemark } from './scan-verdict.ts';

/** FFmpeg hands out 4 KiB of plain samples at a time by itself, and each packet costs a way to native code. */
const PCM_PACKET_BYTES = 65_536;
/** Packets and pieces of sound are held until JavaScript collects their ends. */
const BYTES_BETWEEN_COLLECTIONS = 8 * 1024 * 1024;
const PACKETS_BETWEEN_COLLECTIONS = 1024;

type Heard = MeteredSound & Pick<AudioMeasurement, 'remark'>;

/**
 * Reads and decodes all of the audio of `path`, once: its checksum, loudness and silence. Throws the codes of a probe
 * where no packet can be read; packets that cannot be decoded are left out of the loudness.
 */
export function measureAudio(path: string, onProgress: (share: number) => void): AudioMeasurement {
  return withGuardedFile(path, (file) => {
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    const hash = createHash('sha256');
    const sound = readsApart(file, reader)
      ? measureApart(file, reader, hash, onProgress)
      : withAudioInput(file, (input) => readThrough(input, file, hash, true, onProgress), {
          pcmPacketBytes: PCM_PACKET_BYTES,
        });
    return { audioChecksum: hash.digest('hex'), audioChecksumMethod: AUDIO_CHECKSUM_METHOD, ...sound };
  });
}

/** FFmpeg's packets are right, but it misreads these samples: 24 bits in containers of 32. */
function readsApart(file: GuardedFile, reader: ByteReader): boolean {
  const { family } = sniffContent(reader.copy(0, 4096));
  return family === 'wav' && findPcmSpan(file, reader)?.layout === 's32le';
}

function measureApart(
  file: GuardedFile,
  reader: ByteReader,
  hash: Hash,
  onProgress: (share: number) => void,
): Heard {
  const half = (share: number) => onProgress(share / 2);
  withAudioInput(file, (input) => readThrough(input, file, hash, false, half), {
    pcmPacketBytes: PCM_PACKET_BYTES,
  });
  const rest = (share: number) => onProgress(0.5 + share / 2);
  return withSamples(file, reader, 'wav', (input, { maxPacketBytes }) =>
    readThrough(input, file, undefined, true, rest, maxPacketBytes),
  );
}

function readThrough(
  input: AudioInput,
  file: GuardedFile,
  hash: Hash | undefined,
  isMetered: boolean,
  onProgress: (share: number) => void,
  maxBytes = Number.POSITIVE_INFINITY,
): Heard {
  const decoder = isMetered ? new AudioDecoder(input, true) : undefined;
  const meter = new LoudnessMeter();
  using packet = new Packet();
  packet.alloc();
  let doneBytes = 0;
  let packetCount = 0;
  let uncollected = { bytes: 0, packets: 0 };
  try {
    while (doneBytes < maxBytes && input.context.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === input.stream.index) {
        doneBytes += packet.size;
        packetCount += 1;
        const data = packet.data;
        if (data !== null) hash?.update(data);
        decoder?.decode(packet, (frame) => meter.add(frame));
        uncollected = { bytes: uncollected.bytes + packet.size, packets: uncollected.packets + 1 };
        if (
          uncollected.bytes > BYTES_BETWEEN_COLLECTIONS ||
          uncollected.packets > PACKETS_BETWEEN_COLLECTIONS
        ) {
          globalThis.gc?.();
          uncollected = { bytes: 0, packets: 0 };
        }
        if (packetCount % 64 === 0) onProgress(Math.min(1, doneBytes / file.sizeBytes));
      }
      packet.unref();
    }
    decoder?.decode(null, (frame) => meter.add(frame));
    const errorCount = decoder?.errorCount ?? 0;
    return { ...meter.finish(), remark: errorCount === 0 ? null : damageRemark(errorCount, packetCount) };
  } finally {
    meter.close();
    decoder?.close();
  }
}
