// Runs on the audio thread, where the browser cannot read a track directly.
import { BlockCollector, type CollectorCommand } from './block-collector.ts';

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][]): boolean;
}
declare function registerProcessor(
  name: string,
  processor: new (options: WorkletOptions) => AudioWorkletProcessor,
): void;
declare const sampleRate: number;

interface WorkletOptions {
  /** Two floats, peak and RMS, when the page may share memory. */
  readonly processorOptions?: { readonly levelMemory?: SharedArrayBuffer };
}

const QUANTUM_FRAMES = 128; // Web Audio API, section 1.1: the render quantum, when there is no input to tell it.

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #collector: BlockCollector;

  constructor(options: WorkletOptions) {
    super();
    const memory = options.processorOptions?.levelMemory;
    const levels = memory ? new Float32Array(memory) : null;
    this.#collector = new BlockCollector((level) => {
      if (levels) levels.set([level.peak, level.rms]);
      else this.port.postMessage(level);
    });
    this.port.onmessage = (event: MessageEvent<CollectorCommand>) => this.#collector.obey(event.data);
  }

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0] ?? [];
    this.#collector.take(channels, channels[0]?.length ?? QUANTUM_FRAMES, sampleRate);
    return true;
  }
}

registerProcessor('vrp-capture', CaptureProcessor);
