/** Cells shared with the thread that reads. */
const PAUSED = 0;
const LIMIT_KIB = 1;
const CELLS_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;
const LONGEST_WAIT_MS = 200;
const KIB = 1024;

/** How fast files are read in another thread, told and changed from this one while it reads. */
export class ReadingPace {
  readonly cells: SharedArrayBuffer = new SharedArrayBuffer(CELLS_BYTES + BigUint64Array.BYTES_PER_ELEMENT);
  readonly #control = new Int32Array(this.cells, 0, 2);
  readonly #bytesRead = new BigUint64Array(this.cells, CELLS_BYTES, 1);

  /** Of all files read at this pace so far, the running one included. */
  get bytesRead(): number {
    return Number(Atomics.load(this.#bytesRead, 0));
  }

  /** Null: as fast as the disk gives. */
  limit(bytesPerSecond: number | null): void {
    const kib =
      bytesPerSecond === null ? 0 : Math.max(1, Math.min(0x7fff_ffff, Math.round(bytesPerSecond / KIB)));
    Atomics.store(this.#control, LIMIT_KIB, kib);
    Atomics.notify(this.#control, LIMIT_KIB);
  }

  /** True: nothing more is read until it is false again. */
  setPaused(isPaused: boolean): void {
    Atomics.store(this.#control, PAUSED, isPaused ? 1 : 0);
    Atomics.notify(this.#control, PAUSED);
  }
}

/** The reading thread's end of a {@link ReadingPace}: it holds this thread back. */
export class PacedReading {
  readonly #control: Int32Array;
  readonly #bytesRead: BigUint64Array;
  readonly #cancelled: Int32Array;
  /** When what was read so far would have come at the wanted rate. */
  #dueMs = performance.now();

  constructor(cells: SharedArrayBuffer, cancelled: Int32Array) {
    this.#control = new Int32Array(cells, 0, 2);
    this.#bytesRead = new BigUint64Array(cells, CELLS_BYTES, 1);
    this.#cancelled = cancelled;
  }

  /** Called after each piece; returns when the next one may be read, or at once after a cancellation. */
  count(pieceBytes: number): void {
    Atomics.add(this.#bytesRead, 0, BigInt(pieceBytes));
    const limitKib = Atomics.load(this.#control, LIMIT_KIB);
    if (limitKib > 0) {
      // What was not used up before is gone: a pause is not followed by a burst.
      const nowMs = performance.now();
      this.#dueMs = Math.max(this.#dueMs, nowMs - LONGEST_WAIT_MS) + (pieceBytes / (limitKib * KIB)) * 1000;
      this.#waitUntilDue(limitKib);
    }
    while (Atomics.load(this.#control, PAUSED) === 1 && !this.#isCancelled()) {
      Atomics.wait(this.#control, PAUSED, 1, LONGEST_WAIT_MS);
    }
  }

  #waitUntilDue(limitKib: number): void {
    for (;;) {
      const waitMs = this.#dueMs - performance.now();
      if (waitMs <= 0 || this.#isCancelled()) return;
      // Ends early when the limit is changed: the wait was for the old one.
      Atomics.wait(this.#control, LIMIT_KIB, limitKib, Math.min(waitMs, LONGEST_WAIT_MS));
      if (Atomics.load(this.#control, LIMIT_KIB) !== limitKib) {
        this.#dueMs = performance.now();
        return;
      }
    }
  }

  #isCancelled(): boolean {
    return Atomics.load(this.#cancelled, 0) !== 0;
  }
}
