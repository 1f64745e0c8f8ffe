import { randomUUID } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { OperationFigures } from '../stored-files.ts';

const KEPT = 256;

interface Tally {
  total: number;
  failed: number;
  active: number;
  readonly durationsMs: number[];
}

/** Told of each operation when it has ended. */
export type OperationListener = (ended: {
  readonly operation: string;
  /** Tells the operation from all others in the log. */
  readonly sessionId: string;
  readonly durationMs: number;
  /** Null when it did what it was asked for. */
  readonly failure: string | null;
}) => void;

/** Counts and times the operations on stored files, each as a session of its own. */
export class OperationMeter {
  readonly #clock: Clock;
  readonly #onEnded: OperationListener;
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Clock, onEnded: OperationListener) {
    this.#clock = clock;
    this.#onEnded = onEnded;
  }

  async measure<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const tally = this.#tallies.get(operation) ?? { total: 0, failed: 0, active: 0, durationsMs: [] };
    this.#tallies.set(operation, tally);
    const sessionId = randomUUID();
    const startMs = this.#clock.monotonicMs();
    tally.active++;
    let failure: string | null = null;
    try {
      return await work();
    } catch (error) {
      failure = failureCodeOf(error) ?? 'internal';
      tally.failed++;
      throw error;
    } finally {
      const durationMs = this.#clock.monotonicMs() - startMs;
      tally.active--;
      tally.durationsMs[tally.total++ % KEPT] = durationMs;
      this.#onEnded({ operation, sessionId, durationMs, failure });
    }
  }

  read(): Record<string, OperationFigures> {
    return Object.fromEntries(
      [...this.#tallies].map(([operation, { total, failed, active, durationsMs }]) => {
        const sorted = durationsMs.toSorted((a, b) => a - b);
        const medianMs = sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
        return [operation, { total, failed, active, medianMs, slowestMs: sorted.at(-1) ?? null }];
      }),
    );
  }
}
