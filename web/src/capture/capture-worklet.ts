// Runs on the audio thread: counts and measures every sample, and hands blocks of about 100 ms to the take worker
// over a port of their own, so that a throttled or busy page delays nothing.

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

type Command =
  | { readonly type: 'forward'; readonly port: MessagePort }
  | { readonly type: 'pause' | 'resume' | 'end' };

const PLANES = 2;
const BLOCK_FRAMES = Math.round(sampleRate / 10);
const LEVEL_FRAMES = Math.round(sampleRate / 20);

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #levels: Float32Array | null;
  #port: MessagePort | null = null;
  #isForwarding = false;
  #planes: Float32Array<ArrayBuffer>[] = newPlanes();
  #filled = 0;
  #peak = 0;
  #squares = 0;
  #measured = 0;

  constructor(options: WorkletOptions) {
    super();
    const memory = options.processorOptions?.levelMemory;
    this.#levels = memory ? new Float32Array(memory) : null;
    this.port.onmessage = (event: MessageEvent<Command>) => this.#obey(event.data);
  }

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0] ?? [];
    // An input that has just lost its source has no channels; silence keeps the clock of the take true.
    const frames = channels[0]?.length ?? 128;
    this.#measure(channels, frames);
    if (this.#isForwarding) this.#collect(channels, frames);
    return true;
  }

  #obey(command: Command): void {
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
        this.#port?.postMessage({ isEnd: true });
        this.#port = null;
        this.#isForwarding = false;
        break;
    }
  }

  #collect(channels: Float32Array[], frames: number): void {
    if (this.#filled + frames > BLOCK_FRAMES) this.#send();
    const [left, right] = this.#planes;
    if (channels[0]) {
      left?.set(channels[0], this.#filled);
      right?.set(channels[1] ?? channels[0], this.#filled);
    }
    this.#filled += frames;
  }

  #send(): void {
    if (this.#filled === 0 || !this.#port) return;
    const planes = this.#planes;
    this.#port.postMessage(
      { frames: this.#filled, planes },
      planes.map((plane) => plane.buffer),
    );
    this.#planes = newPlanes();
    this.#filled = 0;
  }

  #measure(channels: Float32Array[], frames: number): void {
    for (const channel of channels) {
      for (const sample of channel) {
        const size = sample < 0 ? -sample : sample;
        if (size > this.#peak) this.#peak = size;
        this.#squares += (sample * sample) / channels.length;
      }
    }
    this.#measured += frames;
    if (this.#measured < LEVEL_FRAMES) return;
    const rms = Math.sqrt(this.#squares / this.#measured);
    if (this.#levels) this.#levels.set([this.#peak, rms]);
    else this.port.postMessage({ peak: this.#peak, rms });
    this.#peak = 0;
    this.#squares = 0;
    this.#measured = 0;
  }
}

function newPlanes(): Float32Array<ArrayBuffer>[] {
  // One render quantum more than a block, whatever its size will be (128 today, the standard lets it vary).
  return Array.from({ length: PLANES }, () => new Float32Array(BLOCK_FRAMES + 4096));
}

registerProcessor('vrp-capture', CaptureProcessor);
