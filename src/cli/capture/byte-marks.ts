/** Tells how many seconds of sound lie within the first so many bytes of a file that grows. */
export class ByteMarks {
  readonly #marks: { readonly sizeBytes: number; readonly seconds: number }[] = [];

  /** In the order of the file. */
  add(sizeBytes: number, seconds: number): void {
    this.#marks.push({ sizeBytes, seconds });
  }

  /** The last mark at or before `sizeBytes`, found by halving. */
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
