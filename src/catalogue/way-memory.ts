// Long enough for somebody who turns pages; what a library holds much of does not become rare within it.
const KEPT_MS = 60_000;
const ENTRIES_KEPT = 500;

/**
 * What was found out while a way to a page was chosen: whether few pass a filter, whether a search finds few. Each way
 * leads to the same page, so that what is no longer so costs time and nothing else.
 */
export class WayMemory {
  readonly #known = new Map<string, { readonly isSo: boolean; readonly untilMs: number }>();

  /** What was noted within the last minute; undefined where nothing was. */
  read(question: string): boolean | undefined {
    const known = this.#known.get(question);
    return known !== undefined && performance.now() < known.untilMs ? known.isSo : undefined;
  }

  note(question: string, isSo: boolean): void {
    // Put in anew, so that the first one is the oldest.
    this.#known.delete(question);
    this.#known.set(question, { isSo, untilMs: performance.now() + KEPT_MS });
    const [oldest] = this.#known.keys();
    if (this.#known.size > ENTRIES_KEPT && oldest !== undefined) this.#known.delete(oldest);
  }

  /** What was noted, or else what `look` resolves with. */
  async recall(question: string, look: () => Promise<boolean>): Promise<boolean> {
    const known = this.read(question);
    if (known !== undefined) return known;
    const isSo = await look();
    this.note(question, isSo);
    return isSo;
  }
}
