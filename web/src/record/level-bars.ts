/** One bar of the rolling waveform. */
export interface LevelBar {
  readonly peakDbfs: number;
  /** Once this many seconds are safe the sound of this bar is; infinite while nobody can tell yet. */
  readonly safeAtSeconds: number;
}

const BARS_KEPT = 1200;

/**
 * The last bars of a take. Captured seconds are told about once a second and lag behind the ear, so a bar is dated
 * with the second report after it: it may be shown as safe a little late, never too early.
 */
export class LevelBars {
  #bars: { peakDbfs: number; safeAtSeconds: number }[] = [];
  #heardSinceReport = 0;
  #heardBeforeReport = 0;
  #capturedSeconds = 0;

  get all(): readonly LevelBar[] {
    return this.#bars;
  }

  add(peakDbfs: number, capturedSeconds: number): void {
    if (capturedSeconds > this.#capturedSeconds) this.#report(capturedSeconds);
    this.#bars.push({ peakDbfs, safeAtSeconds: Number.POSITIVE_INFINITY });
    this.#heardSinceReport++;
    if (this.#bars.length > BARS_KEPT) this.#bars.splice(0, this.#bars.length - BARS_KEPT);
  }

  #report(capturedSeconds: number): void {
    const end = this.#bars.length - this.#heardSinceReport;
    for (let i = Math.max(0, end - this.#heardBeforeReport); i < end; i++) {
      const bar = this.#bars[i];
      if (bar) bar.safeAtSeconds = capturedSeconds;
    }
    this.#heardBeforeReport = this.#heardSinceReport;
    this.#heardSinceReport = 0;
    this.#capturedSeconds = capturedSeconds;
  }
}
