import type { Capture } from '../capture/capture-port.ts';
import { type LevelBar, LevelBars } from './level-bars.ts';

export const BAR_INTERVAL_MS = 80;

/** The bars of the running take, kept above the pages so that they are there after a visit to the library. */
export class LevelHistory {
  readonly #capture: Capture;
  #bars = new LevelBars();
  #takeId: string | null = null;
  #lastBarAtMs = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
  }

  get bars(): readonly LevelBar[] {
    return this.#bars.all;
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
      this.#bars = new LevelBars();
    }
    this.#bars.add(this.#capture.level().peakDbfs, capturedSeconds);
    this.#lastBarAtMs = performance.now();
  }
}
