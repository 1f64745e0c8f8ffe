import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S32,
  type AVSampleFormat,
  type FFEncoderCodec,
} from 'node-av/constants';
import {
  AudioFifo,
  avChannelLayoutDefault,
  avGetSampleFmtName,
  Codec,
  CodecContext,
  CodecParameters,
  FFmpegError,
  Frame,
  Packet,
  Rational,
  SoftwareResampleContext,
} from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import { AudioOutput } from './audio-output.ts';
import type { EncodingPlan } from './rendition-plan.ts';

/** Opus knows 48 kHz and its even parts; at 48 kHz nothing is lost. */
const OPUS_RATE_HZ = 48_000;
const OPUS_BPS_PER_CHANNEL = 64_000;

interface EncoderFormat {
  readonly sampleFormat: AVSampleFormat;
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Rate, channels and depth of a lossless file that is put together from unlike parts. */
export interface EncoderWish {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** More than 16 bits. */
  readonly isWide: boolean;
}

/** Takes decoded frames of any kind, converts them to what the encoder wants and writes the packets to a file. */
export class AudioEncoder {
  readonly #outputPath: string;
  readonly #plan: EncodingPlan;
  readonly #wish: EncoderWish | undefined;
  readonly #context = new CodecContext();
  readonly #fifo = new AudioFifo();
  readonly #packet = new Packet();
  readonly #converted = new Frame();
  #format: EncoderFormat | undefined;
  #resampler: SoftwareResampleContext | undefined;
  #resamplerInput = '';
  #output: AudioOutput | undefined;
  #encodedFrames = 0;

  /** `wish`: what the file is to hold; without it, what the first frame is made of. */
  constructor(outputPath: string, plan: EncodingPlan, wish?: EncoderWish) {
    this.#outputPath = outputPath;
    this.#plan = plan;
    this.#wish = wish;
    this.#packet.alloc();
    this.#converted.alloc();
  }

  /** Samples of one channel that were taken and are encoded, or about to be. */
  get frameCount(): number {
    return this.#encodedFrames + (this.#format === undefined ? 0 : this.#fifo.size);
  }

  add(frame: Frame): void {
    const format = this.#format ?? this.#open(frame);
    const resampler = this.#resamplerFor(frame, format);
    this.#prepareConverted(format);
    check(resampler.convertFrame(this.#converted, frame), 'converted');
    this.#queueConverted();
    while (this.#fifo.size >= this.#context.frameSize) this.#encode(this.#context.frameSize, format);
  }

  /** The samples that a change of rate holds back belong to what came before, not to what comes next. */
  endPart(): void {
    if (this.#format !== undefined) this.#drainResampler(this.#format);
    this.#resampler?.free();
    this.#resampler = undefined;
    this.#resamplerInput = '';
  }

  /** Encodes what is left, completes the file and answers with its length in seconds. */
  finish(): number {
    const format = this.#format;
    if (format === undefined) return 0;
    this.#drainResampler(format);
    while (this.#fifo.size > 0) this.#encode(Math.min(this.#fifo.size, this.#context.frameSize), format);
    check(this.#context.sendFrameSync(null), 'encoded');
    this.#writePackets();
    this.#output?.finish();
    return this.#encodedFrames / format.sampleRateHz;
  }

  close(): void {
    this.#output?.close();
    this.#resampler?.free();
    this.#fifo.free();
    this.#packet.free();
    this.#converted.free();
    this.#context.freeContext();
  }

  #open(frame: Frame): EncoderFormat {
    const format = chooseFormat(this.#plan, frame, this.#wish);
    const codec = Codec.findEncoderByName(this.#plan.encoder as FFEncoderCodec);
    const context = this.#context;
    context.allocContext3(codec);
    context.sampleFormat = format.sampleFormat;
    context.sampleRate = format.sampleRateHz;
    context.channelLayout = avChannelLayoutDefault(format.channels);
    context.timeBase = new Rational(1, format.sampleRateHz);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    if (this.#plan.encoder === 'libopus') context.bitRate = BigInt(OPUS_BPS_PER_CHANNEL * format.channels);
    // FLAC of more than 24 bits is beyond what browsers decode.
    else if (format.sampleFormat === AV_SAMPLE_FMT_S32) context.bitsPerRawSample = 24;
    check(context.open2Sync(codec, null), 'encoded');
    this.#fifo.alloc(format.sampleFormat, format.channels, context.frameSize * 4);
    using parameters = new CodecParameters();
    parameters.alloc();
    check(parameters.fromContext(context), 'encoded');
    const { muxer, muxerOptions } = this.#plan;
    const unit = { num: 1, den: format.sampleRateHz };
    this.#output = new AudioOutput(this.#outputPath, muxer, muxerOptions, parameters, unit);
    this.#format = format;
    return format;
  }

  /** The resampler for frames like `frame`; a stream may change its format on the way. */
  #resamplerFor(frame: Frame, format: EncoderFormat): SoftwareResampleContext {
    // Decoders of old formats count channels without naming them; the resampler insists on names.
    if (frame.channelLayout.mask === 0n) frame.channelLayout = avChannelLayoutDefault(frame.channels);
    const key = `${frame.format} ${frame.sampleRate} ${frame.channels} ${frame.channelLayout.mask}`;
    if (this.#resampler !== undefined && key === this.#resamplerInput) return this.#resampler;
    if (this.#resampler !== undefined) this.#drainResampler(format);
    this.#resampler?.free();
    const resampler = new SoftwareResampleContext();
    const outputLayout = avChannelLayoutDefault(format.channels);
    const inputFormat = frame.format as AVSampleFormat;
    check(
      resampler.allocSetOpts2(
        outputLayout,
        format.sampleFormat,
        format.sampleRateHz,
        frame.channelLayout,
        inputFormat,
        frame.sampleRate,
      ),
      'converted',
    );
    check(resampler.init(), 'converted');
    this.#resampler = resampler;
    this.#resamplerInput = key;
    return resampler;
  }

  #drainResampler(format: EncoderFormat): void {
    if (this.#resampler === undefined || this.#resampler.getDelay(BigInt(format.sampleRateHz)) <= 0n) return;
    this.#prepareConverted(format);
    check(this.#resampler.convertFrame(this.#converted, null), 'converted');
    this.#queueConverted();
  }

  #prepareConverted(format: EncoderFormat): void {
    this.#converted.unref();
    this.#converted.format = format.sampleFormat;
    this.#converted.sampleRate = format.sampleRateHz;
    this.#converted.channelLayout = avChannelLayoutDefault(format.channels);
  }

  #queueConverted(): void {
    const planes = this.#converted.data;
    if (planes !== null && this.#converted.nbSamples > 0)
      this.#fifo.writeSync(planes, this.#converted.nbSamples);
  }

  #encode(count: number, format: EncoderFormat): void {
    using frame = new Frame();
    frame.alloc();
    frame.format = format.sampleFormat;
    frame.sampleRate = format.sampleRateHz;
    frame.channelLayout = avChannelLayoutDefault(format.channels);
    frame.nbSamples = count;
    check(frame.getBuffer(0), 'encoded');
    this.#fifo.readSync(frame.data ?? [], count);
    frame.pts = BigInt(this.#encodedFrames);
    this.#encodedFrames += count;
    check(this.#context.sendFrameSync(frame), 'encoded');
    this.#writePackets();
  }

  #writePackets(): void {
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      this.#output?.write(this.#packet);
      this.#packet.unref();
    }
  }
}

function chooseFormat(plan: EncodingPlan, frame: Frame, wish: EncoderWish | undefined): EncoderFormat {
  if (wish !== undefined) {
    const { sampleRateHz, channels, isWide } = wish;
    return { sampleFormat: isWide ? AV_SAMPLE_FMT_S32 : AV_SAMPLE_FMT_S16, sampleRateHz, channels };
  }
  if (plan.encoder === 'libopus') {
    const channels = Math.min(frame.channels, 2);
    return { sampleFormat: AV_SAMPLE_FMT_FLT, sampleRateHz: OPUS_RATE_HZ, channels };
  }
  const isWide = !/^(u8|s16)p?$/.test(avGetSampleFmtName(frame.format as AVSampleFormat) ?? '');
  const sampleFormat = isWide ? AV_SAMPLE_FMT_S32 : AV_SAMPLE_FMT_S16;
  return { sampleFormat, sampleRateHz: frame.sampleRate, channels: frame.channels };
}

function check(result: number, what: string): void {
  if (result >= 0) return;
  throw new VoiceRecorderError(
    'media-failed',
    `The audio could not be ${what}: ${FFmpegError.strerror(result)}.`,
  );
}
