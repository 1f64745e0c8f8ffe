import type { Capture } from '../capture/capture-port.ts';

/** One bar of the rolling waveform. */
export interface LevelBar {
  readonly peakDbfs: number;
  /** Captured seconds when it was taken: compared with the safe seconds to see whether it is safe. */
  readonly atSeconds: number;
}

export const BAR_INTERVAL_MS = 80;
const BARS_KEPT = 1200;

/** The last bars of the running take, kept above the pages so that they are there after a visit to the library. */
export class LevelHistory {
  readonly #capture: Capture;
  #bars: LevelBar[] = [];
  #takeId: string | null = null;
  #lastBarAtMs = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
  }

  get bars(): readonly LevelBar[] {
    return this.#bars;
  }

  /** When the newest bar was added, on the clock of `performance.now()`. */
  get lastBarAtMs(): number {
    return this.#lastBarAtMs;
  }

  /** Listens to the level until the returned function is called. */
  follow(): () => void {
    const timer = setInterval(() => this.#addBar(), BAR_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  #addBar(): void {
    const { phase, takeId, capturedSeconds } = this.#capture.snapshot();
    if (phase !== 'recording') return;
    if (takeId !== this.#takeId) {
      this.#takeId = takeId;
      this.#bars = [];
    }
    this.#bars.push({ peakDbfs: this.#capture.level().peakDbfs, atSeconds: capturedSeconds });
    if (this.#bars.length > BARS_KEPT) this.#bars.splice(0, this.#bars.length - BARS_KEPT);
    this.#lastBarAtMs = performance.now();
  }
}
