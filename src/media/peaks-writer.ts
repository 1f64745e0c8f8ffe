import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { encodePeaksHeader, PAIR_BYTES, PAIRS_PER_SECOND, PEAKS_HEADER_BYTES } from './peaks-format.ts';

const BUFFERED_PAIRS = 16_384;

/** Collects the smallest and largest sample of each hundredth of a second and writes them as they come. */
export class PeaksWriter {
  readonly #descriptor: number;
  readonly #sampleRateHz: number;
  readonly #pairs = new Int16Array(BUFFERED_PAIRS * 2);
  #buffered = 0;
  #written = 0;
  #frameCount = 0;
  #pairEnd: number;
  #low = 32_767;
  #high = -32_768;

  /** `path` must not exist yet. */
  constructor(path: string, sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#pairEnd = this.#endOfPair(0);
    this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  }

  /**
   * Takes `frames` further frames. `measure` is called for runs of them that fall into one pair and must answer with
   * {@link include}.
   */
  add(frames: number, measure: (offset: number, count: number) => void): void {
    let offset = 0;
    while (offset < frames) {
      const count = Math.min(frames - offset, this.#pairEnd - this.#frameCount);
      measure(offset, count);
      offset += count;
      this.#frameCount += count;
      if (this.#frameCount === this.#pairEnd) this.#endPair();
    }
  }

  include(low: number, high: number): void {
    if (low < this.#low) this.#low = low;
    if (high > this.#high) this.#high = high;
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** Writes what is left and the header. */
  finish(): { pairCount: number } {
    if (this.#low <= this.#high) this.#endPair();
    this.#flush();
    const header = encodePeaksHeader({
      sampleRateHz: this.#sampleRateHz,
      pairsPerSecond: PAIRS_PER_SECOND,
      sampleCount: this.#frameCount,
      pairCount: this.#written,
    });
    writeFully(this.#descriptor, header, 0);
    return { pairCount: this.#written };
  }

  /** Waits until everything is on stable storage. */
  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #endPair(): void {
    this.#pairs[this.#buffered * 2] = this.#low;
    this.#pairs[this.#buffered * 2 + 1] = this.#high;
    this.#buffered += 1;
    this.#low = 32_767;
    this.#high = -32_768;
    this.#pairEnd = this.#endOfPair(this.#written + this.#buffered);
    if (this.#buffered === BUFFERED_PAIRS) this.#flush();
  }

  #endOfPair(index: number): number {
    return Math.floor(((index + 1) * this.#sampleRateHz) / PAIRS_PER_SECOND);
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#pairs.buffer, 0, this.#buffered * PAIR_BYTES);
    writeFully(this.#descriptor, bytes, PEAKS_HEADER_BYTES + this.#written * PAIR_BYTES);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }
}

function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.byteLength) {
    done += writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done);
  }
}
