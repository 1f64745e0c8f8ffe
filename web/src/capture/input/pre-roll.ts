/** The newest sound of an open input, in memory only, until it is drained or forgotten. */
export class PreRoll {
  readonly #size: number;
  readonly #planes: readonly [Float32Array, Float32Array];
  #next = 0;
  #filled = 0;

  constructor(frames: number) {
    this.#size = frames;
    this.#planes = [new Float32Array(frames), new Float32Array(frames)];
  }

  /** How much is kept. */
  get frames(): number {
    return this.#filled;
  }

  /** `channels` may be empty: then these frames were silent. */
  push(channels: readonly Float32Array[], frames: number): void {
    const [left, right = left] = channels;
    // Of a piece that is longer than all there is room for, the newest part counts.
    let from = Math.max(0, frames - this.#size);
    while (from < frames) {
      const count = Math.min(frames - from, this.#size - this.#next);
      for (const [index, samples] of [left, right].entries()) {
        const plane = this.#planes[index];
        if (samples) plane?.set(samples.subarray(from, from + count), this.#next);
        else plane?.fill(0, this.#next, this.#next + count);
      }
      this.#next = (this.#next + count) % this.#size;
      from += count;
    }
    this.#filled = Math.min(this.#size, this.#filled + frames);
  }

  /** Hands out what is kept, oldest first, in one or two pieces, and forgets it. */
  *drain(): Generator<readonly [Float32Array, Float32Array]> {
    const start = (this.#next - this.#filled + this.#size) % this.#size;
    const untilEnd = Math.min(this.#filled, this.#size - start);
    const rest = this.#filled - untilEnd;
    this.forget();
    const [left, right] = this.#planes;
    if (untilEnd > 0) yield [left.subarray(start, start + untilEnd), right.subarray(start, start + untilEnd)];
    if (rest > 0) yield [left.subarray(0, rest), right.subarray(0, rest)];
  }

  forget(): void {
    this.#filled = 0;
  }
}
