import { AV_OPT_TYPE_DOUBLE, type AVSampleFormat } from 'node-av/constants';
import { avGetSampleFmtName, Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import type { Loudness } from '../model/recording.ts';
import { PeaksKernel } from './peaks-kernel.ts';

/** -60 dBFS, as a 16-bit value. */
const SILENT_BELOW = 32;
/** EBU R 128: what is softer than this counts as nothing, and a programme of nothing has no loudness. */
const ABSOLUTE_GATE_LUFS = -70;

/** What the meter found. */
export interface MeteredSound {
  readonly loudness: Loudness | null;
  readonly silenceShare: number | null;
}

/**
 * Loudness by FFmpeg's `ebur128` (EBU R 128, true peak at 192 kHz) and the share of silence, of frames as decoders
 * give them. `ebur128` hands the sound on in pieces of a tenth of a second, in which silence is counted.
 */
export class LoudnessMeter {
  readonly #kernel = new PeaksKernel();
  readonly #piece = new Frame();
  readonly #graph = new FilterGraph();
  #ends: { source: FilterContext; meter: FilterContext; sink: FilterContext; key: string } | undefined;
  /** The sound changed its rate or its channels in the middle, or cannot be metered: there is no one figure. */
  #isGivenUp = false;
  #pieceCount = 0;
  #silentCount = 0;

  constructor() {
    this.#piece.alloc();
    this.#graph.alloc();
  }

  /** Takes the samples of `frame` out of it. */
  add(frame: Frame): void {
    if (this.#isGivenUp || frame.nbSamples === 0) return;
    const format = frameFormat(frame);
    this.#ends ??= this.#open(format);
    if (this.#ends?.key !== format || this.#ends.source.buffersrcAddFrameSync(frame) < 0) {
      this.#isGivenUp = true;
      return;
    }
    this.#drain(this.#ends.sink);
  }

  finish(): MeteredSound {
    const ends = this.#ends;
    if (this.#isGivenUp || ends === undefined) return { loudness: null, silenceShare: null };
    ends.source.buffersrcAddFrameSync(null);
    this.#drain(ends.sink);
    if (this.#pieceCount === 0) return { loudness: null, silenceShare: null };
    const read = (name: string) => ends.meter.getOption(name, AV_OPT_TYPE_DOUBLE) ?? Number.NaN;
    const integratedLufs = read('integrated');
    return {
      loudness: {
        integratedLufs: integratedLufs > ABSOLUTE_GATE_LUFS ? rounded(integratedLufs) : null,
        rangeLu: integratedLufs > ABSOLUTE_GATE_LUFS ? rounded(read('range')) : null,
        truePeakDbtp: rounded(read('true_peak')),
      },
      silenceShare: Math.round((this.#silentCount / this.#pieceCount) * 1e4) / 1e4,
    };
  }

  close(): void {
    this.#piece.free();
    this.#graph.free();
  }

  #open(format: string) {
    const source = this.#filter('abuffer', format);
    const meter = this.#filter('ebur128', 'peak=true:framelog=quiet');
    const sink = this.#filter('abuffersink');
    if (!source || !meter || !sink) return undefined;
    const isJoined = source.link(0, meter, 0) >= 0 && meter.link(0, sink, 0) >= 0;
    return isJoined && this.#graph.configSync() >= 0 ? { source, meter, sink, key: format } : undefined;
  }

  #filter(name: string, settings?: string): FilterContext | null {
    const filter = Filter.getByName(name);
    return filter && this.#graph.createFilter(filter, name, settings);
  }

  #drain(sink: FilterContext): void {
    while (sink.buffersinkGetFrameSync(this.#piece) >= 0) {
      this.#pieceCount += 1;
      if (this.#isSilent(this.#piece)) this.#silentCount += 1;
      this.#piece.unref();
    }
  }

  /** Pieces are 64-bit floating point, channel beside channel. */
  #isSilent(piece: Frame): boolean {
    // A copy: a view of FFmpeg's memory would hold it until the event loop turns, which it does not in here.
    const samples = piece.toBuffer();
    const capacity = PeaksKernel.capacity('f64le');
    const total = piece.nbSamples * piece.channels;
    for (let done = 0; done < total; done += capacity) {
      const count = Math.min(capacity, total - done);
      this.#kernel.input.set(samples.subarray(done * 8, (done + count) * 8));
      this.#kernel.prepare('f64le', count);
      this.#kernel.measure(0, count);
      if (Math.max(-this.#kernel.low, this.#kernel.high) > SILENT_BELOW) return false;
    }
    return true;
  }
}

/** What `abuffer` must know of the frames it will get. */
function frameFormat(frame: Frame): string {
  const { sampleRate, channels, format, channelLayout } = frame;
  const name = avGetSampleFmtName(format as AVSampleFormat) ?? '';
  const layout = channelLayout.mask > 0n ? `:channel_layout=0x${channelLayout.mask.toString(16)}` : '';
  return `sample_rate=${sampleRate}:sample_fmt=${name}:channels=${channels}:time_base=1/${sampleRate}${layout}`;
}

/** Hundredths; null for what is not finite, as the peak of pure silence. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}
