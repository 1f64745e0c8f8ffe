import type { Clock } from '../model/clock.ts';

// Pieces of a running take come every half second or second.
const QUIET_AFTER_MS = 3_000;

/** Knows whether something comes in just now, so that work without haste can stand back. */
export class Activity {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #running = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  note(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.note();
    }
  }

  isBusy(): boolean {
    return this.#running > 0 || this.#clock.monotonicMs() - this.#lastMs < QUIET_AFTER_MS;
  }
}
