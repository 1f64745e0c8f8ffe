import { PreRoll } from './pre-roll.ts';
import type { SampleMessage } from './sample-block.ts';

/** What the page tells whoever collects samples: the audio thread, or the track reader. */
export type CollectorCommand =
  | { readonly type: 'forward'; readonly port: MessagePort; readonly withPreRoll: boolean }
  /** Keeps the newest sound in memory while nothing is forwarded; 0 keeps none. */
  | { readonly type: 'keep'; readonly seconds: number }
  | { readonly type: 'pause' | 'resume' | 'end' };

export interface LevelReading {
  /** Amplitudes, 0 to 1. */
  readonly peak: number;
  readonly rms: number;
}

const BLOCKS_PER_SECOND = 10;
const LEVELS_PER_SECOND = 20;
// More than one delivery of any source: 128 frames from an audio thread, some 10 ms from a track.
const SPARE_FRAMES = 16_384;

/**
 * Measures every sample, and forwards blocks of about 100 ms to the take worker over a port of their own, so that a
 * throttled or busy page delays nothing. Runs on the audio thread, or in the track reader's worker.
 */
export class BlockCollector {
  readonly #onLevel: (level: LevelReading) => void;
  #sampleRateHz = 0;
  #blockFrames = 0;
  #levelFrames = 0;
  #port: MessagePort | null = null;
  #isForwarding = false;
  #planes: [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] | null = null;
  #filled = 0;
  #isMono = false;
  #capturedAtMs: number | null = null;
  #keepSeconds = 0;
  #preRoll: PreRoll | null = null;
  #preRollLeft = 0;
  #peak = 0;
  #squares = 0;
  #measured = 0;

  constructor(onLevel: (level: LevelReading) => void) {
    this.#onLevel = onLevel;
  }

  obey(command: CollectorCommand): void {
    switch (command.type) {
      case 'forward':
        this.#port = command.port;
        this.#isForwarding = true;
        if (command.withPreRoll) this.#sendPreRoll();
        this.#preRoll?.forget();
        break;
      case 'keep':
        this.#keepSeconds = command.seconds;
        this.#preparePreRoll();
        break;
      case 'pause':
        if (!this.#isForwarding) break;
        this.#send();
        this.#tell({ sign: 'pause' });
        this.#isForwarding = false;
        break;
      case 'resume':
        this.#isForwarding = this.#port !== null;
        this.#preRoll?.forget();
        break;
      case 'end':
        this.#send();
        this.#tell({ sign: 'end' });
        this.#port = null;
        this.#isForwarding = false;
        break;
    }
  }

  /**
   * `channels` may be empty: a source that has just lost its device is silent, and the take's clock goes on.
   * `capturedAtMs` is when the first of these frames was captured, where the source tells.
   */
  take(
    channels: readonly Float32Array[],
    frames: number,
    sampleRateHz: number,
    capturedAtMs: number | null = null,
  ): void {
    if (sampleRateHz !== this.#sampleRateHz) this.#changeRate(sampleRateHz);
    this.#measure(channels, frames);
    if (channels.length > 0) this.#isMono = channels.length === 1;
    if (this.#isForwarding) this.#collect(channels, frames, capturedAtMs);
    else this.#preRoll?.push(channels, frames);
  }

  #collect(channels: readonly Float32Array[], frames: number, capturedAtMs: number | null): void {
    if (this.#filled === 0) this.#capturedAtMs = capturedAtMs;
    this.#planes ??= this.#newPlanes();
    const [left, right] = channels;
    if (left) {
      this.#planes[0].set(left, this.#filled);
      this.#planes[1].set(right ?? left, this.#filled);
    }
    this.#filled += frames;
    if (this.#filled >= this.#blockFrames) this.#send();
  }

  #send(): void {
    const planes = this.#planes;
    if (this.#filled === 0 || !this.#port || !planes) return;
    const block: SampleMessage = {
      sampleRateHz: this.#sampleRateHz,
      frames: this.#filled,
      planes,
      ...(this.#isMono ? { isMono: true } : {}),
      capturedAtMs: this.#capturedAtMs,
      preRollFrames: this.#preRollLeft,
    };
    this.#port.postMessage(block, [planes[0].buffer, planes[1].buffer]);
    this.#planes = null;
    this.#preRollLeft = Math.max(0, this.#preRollLeft - this.#filled);
    this.#filled = 0;
  }

  #sendPreRoll(): void {
    this.#preRollLeft = this.#preRoll?.frames ?? 0;
    for (const [left, right] of this.#preRoll?.drain() ?? []) {
      for (let at = 0; at < left.length; at += this.#blockFrames) {
        const end = Math.min(left.length, at + this.#blockFrames);
        this.#collect([left.subarray(at, end), right.subarray(at, end)], end - at, null);
      }
    }
    this.#send();
  }

  /** What is collected goes out at its own rate; what was kept in memory at another one cannot be joined to it. */
  #changeRate(sampleRateHz: number): void {
    this.#send();
    this.#sampleRateHz = sampleRateHz;
    this.#blockFrames = Math.round(sampleRateHz / BLOCKS_PER_SECOND);
    this.#levelFrames = Math.round(sampleRateHz / LEVELS_PER_SECOND);
    this.#planes = null;
    this.#preparePreRoll();
  }

  #preparePreRoll(): void {
    const frames = Math.round(this.#keepSeconds * this.#sampleRateHz);
    this.#preRoll = frames > 0 ? new PreRoll(frames) : null;
  }

  #tell(sign: SampleMessage): void {
    this.#port?.postMessage(sign);
  }

  #newPlanes(): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
    const size = this.#blockFrames + SPARE_FRAMES;
    return [new Float32Array(size), new Float32Array(size)];
  }

  #measure(channels: readonly Float32Array[], frames: number): void {
    for (const channel of channels) {
      for (const sample of channel) {
        const size = sample < 0 ? -sample : sample;
        if (size > this.#peak) this.#peak = size;
        this.#squares += (sample * sample) / channels.length;
      }
    }
    this.#measured += frames;
    if (this.#measured < this.#levelFrames) return;
    this.#onLevel({ peak: this.#peak, rms: Math.sqrt(this.#squares / this.#measured) });
    this.#peak = 0;
    this.#squares = 0;
    this.#measured = 0;
  }
}
