/** Cells shared with the thread that reads. */
const BYTES_READ = 0;
const CONTROL = BigUint64Array.BYTES_PER_ELEMENT;
const LIMIT_KIB = 0;
const LONGEST_WAIT_MS = 200;
const KIB = 1024;

/** How fast files are read in another thread, told and changed from this one while it reads. */
export class ReadingPace {
  readonly cells: SharedArrayBuffer = new SharedArrayBuffer(CONTROL + Int32Array.BYTES_PER_ELEMENT);
  readonly #bytesRead = new BigUint64Array(this.cells, BYTES_READ, 1);
  readonly #control = new Int32Array(this.cells, CONTROL, 1);

  /** Of all files read at this pace so far, the running one included. */
  get bytesRead(): number {
    return Number(Atomics.load(this.#bytesRead, 0));
  }

  /** For what is read in this thread. */
  noteRead(bytes: number): void {
    Atomics.add(this.#bytesRead, 0, BigInt(bytes));
  }

  get isLimited(): boolean {
    return Atomics.load(this.#control, LIMIT_KIB) !== 0;
  }

  /** Null: as fast as the disk gives. */
  limit(bytesPerSecond: number | null): void {
    const kib =
      bytesPerSecond === null ? 0 : Math.max(1, Math.min(0x7fff_ffff, Math.round(bytesPerSecond / KIB)));
    Atomics.store(this.#control, LIMIT_KIB, kib);
    Atomics.notify(this.#control, LIMIT_KIB);
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
    this.#bytesRead = new BigUint64Array(cells, BYTES_READ, 1);
    this.#control = new Int32Array(cells, CONTROL, 1);
    this.#cancelled = cancelled;
  }

  /** Called after each piece; returns when the next one may be read, or at once after a cancellation. */
  count(pieceBytes: number): void {
    Atomics.add(this.#bytesRead, 0, BigInt(pieceBytes));
    const limitKib = Atomics.load(this.#control, LIMIT_KIB);
    if (limitKib === 0) return;
    // What was not used up before is gone: a slow disk is not followed by a burst.
    const nowMs = performance.now();
    this.#dueMs = Math.max(this.#dueMs, nowMs - LONGEST_WAIT_MS) + (pieceBytes / (limitKib * KIB)) * 1000;
    this.#waitUntilDue(limitKib);
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
