/** Durations by how long they were, as they are read. */
export interface DurationCounts {
  /** Upper bounds of the groups, ascending. */
  readonly upToSeconds: readonly number[];
  /** How many are in each group, and last how many were longer than all bounds. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** Counts durations in groups; noting one costs a few comparisons and allocates nothing. */
export class DurationMeter {
  readonly #upToSeconds: readonly number[];
  readonly #counts: Float64Array;
  #sumSeconds = 0;

  /** `upToSeconds`: ascending. */
  constructor(upToSeconds: readonly number[]) {
    this.#upToSeconds = upToSeconds;
    this.#counts = new Float64Array(upToSeconds.length + 1);
  }

  note(seconds: number): void {
    const bounds = this.#upToSeconds;
    let group = 0;
    while (group < bounds.length && seconds > (bounds[group] ?? 0)) group++;
    this.#counts[group] = (this.#counts[group] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  read(): DurationCounts {
    return { upToSeconds: this.#upToSeconds, counts: [...this.#counts], sumSeconds: this.#sumSeconds };
  }
}
