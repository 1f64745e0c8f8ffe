import {
  avGetCodecName,
  Codec,
  CodecContext,
  type CodecParameters,
  Frame,
  Packet,
  type Rational,
} from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';

/** Codecs whose decoders say of a frame that is too short that it is. */
const LARGEST_FRAME_BYTES: Readonly<Record<string, (parameters: CodecParameters) => number>> = {
  // ISO/IEC 14496-3 section 4.5.3.1: 6144 bits for each channel; encoders have been seen to go beyond.
  aac: ({ channels }) => channels * 1536,
  // 4096 samples as they are, and some room.
  alac: ({ channels }) => channels * 4096 * 4 + 1024,
};

/** A coded frame that stands without any word about its length. */
export interface FoundFrame {
  readonly sizeBytes: number;
  /** Of one channel. */
  readonly samples: number;
}

/** Tells coded frames apart that stand one behind the other. */
export interface FrameFinder {
  readonly largestBytes: number;
  /** The frame that `bytes` begin with; undefined when they begin with none, or not with all of it. */
  find(bytes: Buffer): FoundFrame | undefined;
  close(): void;
}

/** By decoding: the fewest bytes that the decoder takes for a whole frame are the frame. */
export class DecodingFrameFinder implements FrameFinder {
  readonly largestBytes: number;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #channels: number;
  readonly #sampleRateHz: number;

  /** Throws `repair-impossible` for a codec whose frames cannot be told apart that way. */
  constructor(parameters: CodecParameters, unit: Rational) {
    const name = avGetCodecName(parameters.codecId) ?? '';
    const largest = LARGEST_FRAME_BYTES[name];
    // FFmpeg's own decoders bear the names of their codecs.
    const codec = Codec.findDecoderByName(name as Parameters<typeof Codec.findDecoderByName>[0]);
    if (codec === null || largest === undefined) {
      throw new VoiceRecorderError(
        'repair-impossible',
        'Without an index only AAC, Apple Lossless and AMR can be found again; the recording given with --like holds something else.',
      );
    }
    this.largestBytes = largest(parameters);
    this.#channels = parameters.channels;
    this.#sampleRateHz = parameters.sampleRate;
    this.#context.allocContext3(codec);
    this.#context.parametersToContext(parameters);
    this.#context.pktTimebase = unit;
    this.#context.threadCount = 1;
    if (this.#context.open2Sync(codec, null) < 0) {
      this.#context.freeContext();
      throw new VoiceRecorderError(
        'repair-impossible',
        'The recording given with --like cannot be decoded here.',
      );
    }
    this.#frame.alloc();
    this.#packet.alloc();
  }

  find(bytes: Buffer): FoundFrame | undefined {
    let most = Math.min(bytes.length, this.largestBytes);
    const samples = most === 0 ? 0 : this.#decode(bytes.subarray(0, most));
    if (samples === 0) return undefined;
    let least = 1;
    while (least < most) {
      const middle = (least + most) >> 1;
      if (this.#decode(bytes.subarray(0, middle)) > 0) most = middle;
      else least = middle + 1;
    }
    return { sizeBytes: least, samples };
  }

  close(): void {
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }

  /** Samples of the first frame, 0 when there is no whole one. */
  #decode(bytes: Buffer): number {
    this.#packet.data = bytes;
    const sent = this.#context.sendPacketSync(this.#packet);
    const isDecoded = sent >= 0 && this.#context.receiveFrameSync(this.#frame) >= 0;
    // Decoders follow a stream that has another number of channels than its header says.
    const { channels, sampleRate, decodeErrorFlags } = this.#frame;
    const isAlike = channels === this.#channels && sampleRate === this.#sampleRateHz;
    const isClean = isDecoded && isAlike && decodeErrorFlags === 0;
    const samples = isClean ? this.#frame.nbSamples : 0;
    this.#frame.unref();
    this.#packet.unref();
    // What is behind the first frame is none of this attempt's business.
    this.#context.flushBuffers();
    return samples;
  }
}
