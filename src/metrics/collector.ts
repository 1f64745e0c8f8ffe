/** A reading that costs a query or a look at the disk. */
export interface CollectorDesk<Reading> {
  readonly name: string;
  read(): Promise<Reading>;
  readonly nowMs: () => number;
}

/** Two who scrape at the same time cost one reading. */
const FRESH_MS = 5_000;
/** What a slow reading says is told until it is so old. */
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
    if (!this.#hasFailed && this.#newest && nowMs() - this.#newest.atMs < FRESH_MS) return Promise.resolve();
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
    return this.#desk.nowMs() - this.#newest.atMs < USABLE_MS ? this.#newest.value : undefined;
  }

  get errorCount(): number {
    return this.#errorCount;
  }

  /** How long the last reading took; undefined before the first one. */
  get lastSeconds(): number | undefined {
    return this.#lastSeconds;
  }
}
