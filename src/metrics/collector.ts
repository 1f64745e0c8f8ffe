/** A reading that costs a query or a look at the disk. */
export interface CollectorDesk<Reading> {
  readonly name: string;
  read(): Promise<Reading>;
  readonly nowMs: () => number;
}

/** Two who scrape at the same time cost one reading. */
const FRESH_MS = 5_000;
/** A reading that takes long is taken more rarely: so many times what it took lies between two of them. */
const REST = 400;
const LONGEST_FRESH_MS = 5 * 60_000;
/** What is known is told until it is so old, and at least until it had to be known anew twice. */
const USABLE_MS = 60_000;

/** Takes a reading when it is wanted and none is fresh, and knows how that went. */
export class Collector<Reading> {
  readonly name: string;
  readonly #desk: CollectorDesk<Reading>;
  #newest: { readonly value: Reading; readonly atMs: number } | undefined;
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #errorCount = 0;
  #lastSeconds: number | undefined;

  constructor(desk: CollectorDesk<Reading>) {
    this.name = desk.name;
    this.#desk = desk;
  }

  /** Resolves when there is a fresh reading, or none could be taken. Never rejects. */
  refresh(): Promise<void> {
    const { nowMs } = this.#desk;
    if (!this.#hasFailed && this.#newest && nowMs() - this.#newest.atMs < this.#freshMs)
      return Promise.resolve();
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #read(): Promise<void> {
    const { nowMs, read } = this.#desk;
    const beganMs = nowMs();
    try {
      const value = await read();
      this.#newest = { value, atMs: nowMs() };
      this.#hasFailed = false;
    } catch {
      // What stands behind it says why, in the log and in the health report.
      this.#hasFailed = true;
      this.#errorCount += 1;
    } finally {
      this.#lastSeconds = (nowMs() - beganMs) / 1000;
    }
  }

  /** Called when a scrape could not wait any longer. */
  noteLate(): void {
    if (this.#running !== undefined) this.#errorCount += 1;
  }

  /** Undefined where the last reading failed, or is too old to be told. */
  get value(): Reading | undefined {
    if (this.#hasFailed || !this.#newest) return undefined;
    const usableMs = Math.max(USABLE_MS, 2 * this.#freshMs);
    return this.#desk.nowMs() - this.#newest.atMs < usableMs ? this.#newest.value : undefined;
  }

  get #freshMs(): number {
    const restMs = REST * 1000 * (this.#lastSeconds ?? 0);
    return Math.min(LONGEST_FRESH_MS, Math.max(FRESH_MS, restMs));
  }

  get errorCount(): number {
    return this.#errorCount;
  }

  /** How long the last reading took; undefined before the first one. */
  get lastSeconds(): number | undefined {
    return this.#lastSeconds;
  }
}
