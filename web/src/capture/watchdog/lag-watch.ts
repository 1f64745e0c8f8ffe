/** Sound that never came: the clock went on and the samples did not. */
export interface MissingSound {
  readonly atSeconds: number;
  readonly missingSeconds: number;
}

// So much sound in a row must be late before it counts: a single block may be late for many reasons.
const PROOF_SECONDS = 0.45;
const WINDOW_SECONDS = 1;
const LEAST_STEP_MS = 5;
const LARGEST_STEP_MS = 100;
const JITTERS_PER_STEP = 4;
const FIRST_JITTER_MS = 4;
/** A block so much later than those that were late already follows a further loss. */
const FURTHER_LOSS_MS = 500;
/** A clock that runs apart by more than this in a minute (1 in 600) is no crystal's: samples go one by one. */
const CREEP_MS_PER_MINUTE = 100;
const CREEP_WINDOW_SECONDS = 60;

/**
 * Counts samples against a clock. Lateness alone is nothing: it passes. What stays late from one moment on is missing,
 * to as exact an amount as the clock allows: with the capture times of a device a hundredth of a second is seen.
 */
export class LagWatch {
  #baseMs: number | null = null;
  #late: { atSeconds: number; leastMs: number } | null = null;
  #jitterMs = FIRST_JITTER_MS;
  #window = { fromSeconds: 0, leastMs: Number.POSITIVE_INFINITY };
  #creep = { fromSeconds: 0, ms: 0 };

  /** A block that begins at `atSeconds` of the audio came from `clockMs`. */
  look(atSeconds: number, clockMs: number): MissingSound | null {
    const lagMs = clockMs - atSeconds * 1000;
    if (this.#baseMs === null) this.#restart(atSeconds, lagMs);
    const baseMs = this.#baseMs ?? lagMs;
    const stepMs = Math.min(LARGEST_STEP_MS, Math.max(LEAST_STEP_MS, this.#jitterMs * JITTERS_PER_STEP));
    if (lagMs > baseMs + stepMs) return this.#proveLate(atSeconds, lagMs, baseMs);
    this.#late = null;
    // Nobody is ever early: the least lateness is the truth.
    if (lagMs < baseMs) this.#baseMs = lagMs;
    return this.#followDrift(atSeconds, lagMs);
  }

  /** The first block after a pause; how long that was. */
  resume(atSeconds: number, clockMs: number): number {
    const lagMs = clockMs - atSeconds * 1000;
    const pausedMs = this.#baseMs === null ? 0 : lagMs - this.#baseMs;
    this.#restart(atSeconds, lagMs);
    return Math.max(0, pausedMs / 1000);
  }

  /** Another source with another clock follows. */
  forget(): void {
    this.#baseMs = null;
  }

  #restart(atSeconds: number, lagMs: number): void {
    this.#baseMs = lagMs;
    this.#late = null;
    this.#window = { fromSeconds: atSeconds, leastMs: Number.POSITIVE_INFINITY };
    this.#creep = { fromSeconds: atSeconds, ms: 0 };
  }

  #proveLate(atSeconds: number, lagMs: number, baseMs: number): MissingSound | null {
    // A standstill right after a small loss: together they are proved from here, else the small one would hide it.
    if (!this.#late || lagMs > this.#late.leastMs + FURTHER_LOSS_MS)
      this.#late = { atSeconds, leastMs: lagMs };
    const late = this.#late;
    late.leastMs = Math.min(late.leastMs, lagMs);
    if (atSeconds - late.atSeconds < PROOF_SECONDS) return null;
    this.#restart(atSeconds, late.leastMs);
    return { atSeconds: late.atSeconds, missingSeconds: (late.leastMs - baseMs) / 1000 };
  }

  /** No two clocks run alike: the base follows, and what it followed is added up. */
  #followDrift(atSeconds: number, lagMs: number): MissingSound | null {
    const window = this.#window;
    window.leastMs = Math.min(window.leastMs, lagMs);
    if (atSeconds - window.fromSeconds < WINDOW_SECONDS || this.#baseMs === null) return null;
    const driftMs = window.leastMs - this.#baseMs;
    this.#jitterMs += (Math.abs(driftMs) - this.#jitterMs) / 8;
    this.#baseMs = window.leastMs;
    this.#window = { fromSeconds: atSeconds, leastMs: Number.POSITIVE_INFINITY };
    this.#creep.ms += driftMs;
    if (atSeconds - this.#creep.fromSeconds < CREEP_WINDOW_SECONDS) return null;
    const { fromSeconds, ms } = this.#creep;
    this.#creep = { fromSeconds: atSeconds, ms: 0 };
    return ms > CREEP_MS_PER_MINUTE ? { atSeconds: fromSeconds, missingSeconds: ms / 1000 } : null;
  }
}
