import { AV_NOPTS_VALUE, AV_PKT_FLAG_CORRUPT } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { AudioDecoder } from './audio-decoder.ts';
import type { AudioInput } from './audio-input.ts';
import { mpegFrameBytes } from './mpeg-frame.ts';

/** What reading through the packets of a stream found. */
export interface AudioScan {
  readonly packetCount: number;
  /** Bytes of all packets. */
  readonly packetBytes: number;
  /** Sum of what the packets say they last. */
  readonly sumSeconds: number;
  /** From the first time stamp to the end of the last packet. */
  readonly spanSeconds: number;
  /** False when the scan was ended early. */
  readonly isComplete: boolean;
  /** Packets FFmpeg marked as damaged or that end before their own header says. */
  readonly damagedCount: number;
  /** Frames (samples of one channel) of the decoded part. */
  readonly decodedFrames: number;
  /** True when every packet was also decoded. */
  readonly isDecoded: boolean;
  readonly decodeErrorCount: number;
  readonly decodedRateHz: number;
}

export interface AudioScanLimits {
  /** Seconds of audio to decode from the start. */
  readonly decodeSeconds: number;
  /** Stops after the decoded part instead of reading all packets. */
  readonly isHeadOnly: boolean;
  readonly onProgress?: (bytesDone: number) => void;
}

/** Reads packets in order and decodes those of the first seconds. Throws `audio-unknown-codec`. */
export function scanAudio(input: AudioInput, limits: AudioScanLimits): AudioScan {
  const decoder = new AudioDecoder(input, true);
  using packet = new Packet();
  packet.alloc();
  const isMpeg = input.demuxer === 'mp3';
  // Each look at a property is a way to native code.
  const streamIndex = input.stream.index;
  let packetCount = 0;
  let packetBytes = 0;
  let damagedCount = 0;
  let sumUnits = 0;
  let firstPts: bigint | undefined;
  let lastEnd = 0n;
  let decodedFrames = 0;
  let isDecoding = true;
  let isComplete = true;
  const countFrames = (frame: { nbSamples: number }) => {
    decodedFrames += frame.nbSamples;
  };
  try {
    while (input.context.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === streamIndex) {
        packetCount += 1;
        packetBytes += packet.size;
        const duration = packet.duration;
        sumUnits += Number(duration);
        const pts = packet.pts;
        if (pts !== AV_NOPTS_VALUE) {
          firstPts ??= pts;
          if (pts + duration > lastEnd) lastEnd = pts + duration;
        }
        if (packet.hasFlags(AV_PKT_FLAG_CORRUPT)) damagedCount += 1;
        else if (isMpeg && isCutFrame(packet)) damagedCount += 1;
        if (isDecoding) decoder.decode(packet, countFrames);
        isDecoding &&= decodedFrames < limits.decodeSeconds * (decoder.sampleRateHz || 48_000);
        if (limits.onProgress !== undefined && packetCount % 1024 === 0) limits.onProgress(packetBytes);
      }
      packet.unref();
      if (!isDecoding && limits.isHeadOnly) {
        isComplete = false;
        break;
      }
    }
    if (isDecoding) decoder.decode(null, countFrames);
    return {
      packetCount,
      packetBytes,
      sumSeconds: sumUnits * input.unitSeconds,
      spanSeconds: firstPts === undefined ? 0 : Number(lastEnd - firstPts) * input.unitSeconds,
      isComplete,
      damagedCount,
      decodedFrames,
      isDecoded: isDecoding,
      decodeErrorCount: decoder.errorCount,
      decodedRateHz: decoder.sampleRateHz,
    };
  } finally {
    decoder.close();
  }
}

/** Coded audio is never so many times the same byte; what was lost in a power cut often is. */
const BLANK_BYTES = 16;

/** True when the stream begins with something that may be audio, which is read but not decoded. */
export function hasFirstPacket({ context, stream }: AudioInput): boolean {
  using packet = new Packet();
  packet.alloc();
  while (context.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index) {
      const data = packet.data ?? new Uint8Array(0);
      return data.length > 0 && (data.length < BLANK_BYTES || data.some((byte) => byte !== data[0]));
    }
    packet.unref();
  }
  return false;
}

function isCutFrame(packet: Packet): boolean {
  const data = packet.data;
  const expected = data === null ? undefined : mpegFrameBytes(data);
  return expected !== undefined && packet.size < expected;
}
