/** How a server ends: streams of events at once, running uploads after a moment, and all of it within five seconds. */
export class Shutdown {
  readonly #begin = new AbortController();
  readonly #cut = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Aborted when the end begins: nothing new is taken on. */
  get begins(): AbortSignal {
    return this.#begin.signal;
  }

  /** Aborted when what is still coming in is cut off. */
  get cuts(): AbortSignal {
    return this.#cut.signal;
  }

  begin(): void {
    this.#begin.abort();
  }

  cut(): void {
    this.#cut.abort();
  }

  /** Lets the end wait for `work`, which must not be torn apart. */
  async track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
