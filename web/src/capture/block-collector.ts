import type { SampleMessage } from './sample-block.ts';

/** What the page tells whoever collects samples: the audio thread, or the track reader. */
export type CollectorCommand =
  | { readonly type: 'forward'; readonly port: MessagePort }
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
  readonly #sampleRateHz: number;
  readonly #blockFrames: number;
  readonly #levelFrames: number;
  readonly #onLevel: (level: LevelReading) => void;
  #port: MessagePort | null = null;
  #isForwarding = false;
  #planes: [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  #filled = 0;
  #peak = 0;
  #squares = 0;
  #measured = 0;

  constructor(sampleRateHz: number, onLevel: (level: LevelReading) => void) {
    this.#sampleRateHz = sampleRateHz;
    this.#blockFrames = Math.round(sampleRateHz / BLOCKS_PER_SECOND);
    this.#levelFrames = Math.round(sampleRateHz / LEVELS_PER_SECOND);
    this.#onLevel = onLevel;
    this.#planes = this.#newPlanes();
  }

  obey(command: CollectorCommand): void {
    switch (command.type) {
      case 'forward':
        this.#port = command.port;
        this.#isForwarding = true;
        break;
      case 'pause':
        this.#send();
        this.#isForwarding = false;
        break;
      case 'resume':
        this.#isForwarding = this.#port !== null;
        break;
      case 'end':
        this.#send();
        this.#port?.postMessage({ isEnd: true } satisfies SampleMessage);
        this.#port = null;
        this.#isForwarding = false;
        break;
    }
  }

  /** `channels` may be empty: a source that has just lost its device is silent, and the take's clock goes on. */
  take(channels: readonly Float32Array[], frames: number): void {
    this.#measure(channels, frames);
    if (!this.#isForwarding) return;
    const [left, right] = channels;
    if (left) {
      this.#planes[0].set(left, this.#filled);
      this.#planes[1].set(right ?? left, this.#filled);
    }
    this.#filled += frames;
    if (this.#filled >= this.#blockFrames) this.#send();
  }

  #send(): void {
    if (this.#filled === 0 || !this.#port) return;
    const planes = this.#planes;
    const block: SampleMessage = { sampleRateHz: this.#sampleRateHz, frames: this.#filled, planes };
    this.#port.postMessage(block, [planes[0].buffer, planes[1].buffer]);
    this.#planes = this.#newPlanes();
    this.#filled = 0;
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
