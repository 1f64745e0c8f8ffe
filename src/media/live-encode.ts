import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S32,
  AVIO_FLAG_WRITE,
  type FFEncoderCodec,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  Codec,
  CodecContext,
  CodecParameters,
  FFmpegError,
  FormatContext,
  Frame,
  IOContext,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import type { LivePlan } from './live-plan.ts';

/**
 * Sound that a file gains at a time. An Ogg page counts as a whole or not at all, so that this, the encoder's own
 * delay and the way to the disk are what a killed take can lose.
 */
const PAGE_SECONDS = 0.5;
const ENCODERS = { opus: 'libopus', flac: 'flac' } as const;
const MUXERS = { opus: 'ogg', flac: 'flac' } as const;
const BYTES_PER_SAMPLE = { s16: 2, s32: 4 } as const;
/** More than FFmpeg's muxer ever waits for: pages end where we say. */
const NEVER_US = String(3_600_000_000);

/** Samples in, a file out that only ever grows: any part of it from the beginning is a playable file. */
export class LiveEncoder {
  readonly #context = new CodecContext();
  readonly #output = new FormatContext();
  readonly #file = new IOContext();
  readonly #packet = new Packet();
  readonly #stream: Stream;
  readonly #plan: LivePlan;
  readonly #onGrowth: (growth: { sizeBytes: number; seconds: number }) => void;
  readonly #frameBytes: number;
  #block: { readonly frame: Frame; readonly plane: Buffer } | undefined;
  #takenFrames = 0;
  /** End of the last packet that was given to the container, in frames of the source. */
  #packedFrames = 0;
  #pageFrames = 0;

  /** Writes to `url`, which need not be seekable. */
  constructor(
    plan: LivePlan,
    url: string,
    onGrowth: (growth: { sizeBytes: number; seconds: number }) => void,
  ) {
    this.#plan = plan;
    this.#onGrowth = onGrowth;
    this.#frameBytes = BYTES_PER_SAMPLE[plan.sampleFormat] * plan.channels;
    this.#packet.alloc();
    this.#openCodec();
    using parameters = new CodecParameters();
    parameters.alloc();
    check(parameters.fromContext(this.#context), 'encoded');
    check(this.#output.allocOutputContext2(null, MUXERS[plan.codec], url), 'written');
    this.#stream = this.#output.newStream(null);
    check(parameters.copy(this.#stream.codecpar), 'written');
    this.#stream.timeBase = new Rational(1, plan.sampleRateHz);
    check(this.#file.open2Sync(url, AVIO_FLAG_WRITE), 'written');
    this.#output.pb = this.#file;
    if (plan.codec === 'opus') this.#output.setOption('page_duration', NEVER_US);
    check(this.#output.writeHeaderSync(null), 'written');
    this.#file.flushSync();
  }

  /** What {@link add} takes at a time. */
  get blockBytes(): number {
    return this.#context.frameSize * this.#frameBytes;
  }

  /** Takes one block; the last one may be shorter, and a torn sample at its end is left out. */
  add(samples: Buffer): void {
    const frameCount = Math.floor(samples.length / this.#frameBytes);
    if (frameCount === 0) return;
    const { frame, plane } = this.#writableFrame();
    frame.nbSamples = frameCount;
    plane.set(samples.subarray(0, frameCount * this.#frameBytes));
    frame.pts = BigInt(this.#takenFrames);
    this.#takenFrames += frameCount;
    check(this.#context.sendFrameSync(frame), 'encoded');
    this.#writePackets();
  }

  /** Completes the file. */
  finish(): void {
    if (this.#takenFrames > 0) {
      check(this.#context.sendFrameSync(null), 'encoded');
      this.#writePackets();
    }
    check(this.#output.writeTrailerSync(), 'completed');
    this.#file.flushSync();
    this.#tellGrowth();
  }

  #openCodec(): void {
    const { codec, sampleFormat, sampleRateHz, channels, bitRateBps } = this.#plan;
    const encoder = Codec.findEncoderByName(ENCODERS[codec] as FFEncoderCodec);
    const context = this.#context;
    context.allocContext3(encoder);
    context.sampleFormat = sampleFormat === 's16' ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
    context.sampleRate = sampleRateHz;
    context.channelLayout = avChannelLayoutDefault(channels);
    context.timeBase = new Rational(1, sampleRateHz);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    if (codec === 'opus') context.bitRate = BigInt(bitRateBps);
    // FLAC of more than 24 bits is beyond what browsers decode.
    else if (sampleFormat === 's32') context.bitsPerRawSample = 24;
    check(context.open2Sync(encoder, null), 'encoded');
  }

  /** One frame serves the whole take: V8 sees nothing of the memory behind it, and would let many pile up. */
  #writableFrame(): { readonly frame: Frame; readonly plane: Buffer } {
    if (this.#block?.frame.isWritable) return this.#block;
    this.#block?.frame.free();
    const frame = new Frame();
    frame.alloc();
    frame.format = this.#context.sampleFormat;
    frame.sampleRate = this.#plan.sampleRateHz;
    frame.channelLayout = avChannelLayoutDefault(this.#plan.channels);
    frame.nbSamples = this.#context.frameSize;
    check(frame.getBuffer(0), 'encoded');
    const plane = frame.data?.[0];
    if (plane === undefined) throw new VoiceRecorderError('media-failed', 'There is no room for samples.');
    this.#block = { frame, plane };
    return this.#block;
  }

  #writePackets(): void {
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      // Before the packet and not after it: the container marks its last page as the last, and so needs one to come.
      if (this.#pageFrames >= PAGE_SECONDS * this.#plan.sampleRateHz) this.#endPage();
      const durationFrames = Number(this.#packet.duration);
      this.#packedFrames = Number(this.#packet.pts) + durationFrames;
      this.#pageFrames += durationFrames;
      this.#packet.streamIndex = 0;
      this.#packet.rescaleTs({ num: 1, den: this.#plan.sampleRateHz }, this.#stream.timeBase);
      check(this.#output.writeFrameSync(this.#packet), 'written');
      this.#packet.unref();
    }
  }

  #endPage(): void {
    check(this.#output.writeFrameSync(null), 'written');
    this.#file.flushSync();
    this.#pageFrames = 0;
    this.#tellGrowth();
  }

  #tellGrowth(): void {
    const seconds = Math.min(this.#packedFrames, this.#takenFrames) / this.#plan.sampleRateHz;
    this.#onGrowth({ sizeBytes: Number(this.#file.tell()), seconds: Math.max(0, seconds) });
  }
}

function check(result: number, what: string): void {
  if (result >= 0) return;
  throw new VoiceRecorderError(
    'media-failed',
    `The take could not be ${what}: ${FFmpegError.strerror(result)}.`,
  );
}
