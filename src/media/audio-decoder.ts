import { type AVCodecID, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, type Packet, PosixError } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import type { AudioInput } from './audio-input.ts';

const NEEDS_MORE: number = FFmpegError.AVERROR(PosixError.EAGAIN);

// Decoders that are never used: the one whose licence we avoid, and one of two equals.
const FORBIDDEN_DECODERS: ReadonlySet<string> = new Set(['libfdk_aac']);

/** Turns packets of one stream into frames, one reused frame at a time. */
export class AudioDecoder {
  readonly #context: CodecContext;
  readonly #frame = new Frame();
  /** Packets that could not be decoded, or only with errors. */
  errorCount = 0;

  /** `isStrict`: frames whose checksum is wrong count as errors and are left out instead of being played. */
  constructor(input: AudioInput, isStrict = false) {
    const parameters = input.stream.codecpar;
    const codec = requireDecoder(parameters.codecId);
    this.#context = new CodecContext();
    this.#context.allocContext3(codec);
    this.#context.parametersToContext(parameters);
    this.#context.pktTimebase = input.stream.timeBase;
    this.#context.threadCount = 1;
    // As an option, not as a dictionary for open2: node-av 6.1.1 frees such a dictionary twice.
    if (isStrict && codec.name === 'flac') this.#context.setOption('err_detect', 'crccheck+explode');
    if (this.#context.open2Sync(codec, null) < 0) {
      this.#context.freeContext();
      throw unknownCodec();
    }
    this.#frame.alloc();
  }

  /** Decodes one packet, or what is left when `packet` is null; `onFrame` must not keep the frame. */
  decode(packet: Packet | null, onFrame: (frame: Frame) => void): void {
    const sent = this.#context.sendPacketSync(packet);
    if (sent < 0 && sent !== AVERROR_EOF) this.errorCount += 1;
    let received = this.#context.receiveFrameSync(this.#frame);
    while (received >= 0) {
      if (this.#frame.decodeErrorFlags !== 0) this.errorCount += 1;
      onFrame(this.#frame);
      this.#frame.unref();
      received = this.#context.receiveFrameSync(this.#frame);
    }
    if (received !== NEEDS_MORE && received !== AVERROR_EOF) this.errorCount += 1;
  }

  get sampleRateHz(): number {
    return this.#context.sampleRate;
  }

  close(): void {
    this.#frame.free();
    this.#context.freeContext();
  }
}

/** Throws `audio-unknown-codec` where there is none. */
export function requireDecoder(codecId: AVCodecID): Codec {
  const codec = Codec.findDecoder(codecId);
  if (codec === null || FORBIDDEN_DECODERS.has(codec.name ?? '')) throw unknownCodec();
  return codec;
}

function unknownCodec(): VoiceRecorderError {
  return new VoiceRecorderError(
    'audio-unknown-codec',
    'The audio is encoded with a codec that is not known here.',
  );
}
