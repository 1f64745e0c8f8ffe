/** What the clocks of this thread say when they are compared. */
export interface ClockNews {
  /** This thread did not run for so long; 0 when it did. */
  readonly stoppedSeconds: number;
  /** The wall clock went so far ahead of the one nobody sets, or back; 0 when it did not. */
  readonly wallStepSeconds: number;
}

// Longer than any write to disk holds this thread up.
const STOPPED_MS = 1_000;
// Time services that correct a clock in small steps stay below.
const WALL_STEP_MS = 2_000;

/** Asked every `everyMs`: tells when it was not, and when the wall clock was set or the machine slept meanwhile. */
export class StopWatch {
  readonly #everyMs: number;
  #monotonicMs: number;
  #wallMs: number;

  constructor(everyMs: number, monotonicMs: number, wallMs: number) {
    this.#everyMs = everyMs;
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
  }

  look(monotonicMs: number, wallMs: number): ClockNews {
    const wentMs = monotonicMs - this.#monotonicMs;
    const stepMs = wallMs - this.#wallMs - wentMs;
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
    return {
      stoppedSeconds: wentMs - this.#everyMs > STOPPED_MS ? wentMs / 1000 : 0,
      wallStepSeconds: Math.abs(stepMs) >= WALL_STEP_MS ? stepMs / 1000 : 0,
    };
  }
}
