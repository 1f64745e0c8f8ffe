interface Mark {
  readonly sizeBytes: number;
  readonly seconds: number;
}

// Frames of FLAC end every tenth of a second: over a day they would be a million marks.
const MARK_EVERY_SECONDS = 0.5;

/** Which byte of a growing file is which second of its sound; a take of any length needs little memory. */
export class TimeMarks {
  readonly #marks: Mark[] = [];

  /** Later calls never go back. The newest mark is always kept, of earlier ones two a second. */
  add(sizeBytes: number, seconds: number): void {
    const isClose = seconds - (this.#marks.at(-2)?.seconds ?? 0) < MARK_EVERY_SECONDS;
    if (isClose && this.#marks.length > 1) this.#marks.pop();
    this.#marks.push({ sizeBytes, seconds });
  }

  /** Seconds of the last mark at or before `sizeBytes`, found by halving. */
  secondsAt(sizeBytes: number): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.sizeBytes ?? Number.POSITIVE_INFINITY) <= sizeBytes) low = middle + 1;
      else high = middle;
    }
    return this.#marks[low - 1]?.seconds ?? 0;
  }
}
