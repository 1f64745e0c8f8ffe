/** Work that goes on although nobody waits for it; whoever closes the house does. */
export class BackgroundWork {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Its failure must be told by the work itself. */
  attend(work: Promise<unknown>): void {
    const attended = work.catch(() => undefined).finally(() => this.#underWay.delete(attended));
    this.#underWay.add(attended);
  }

  /** What `work` gives, or undefined when that takes longer than `patienceMs`; it then goes on by itself. */
  async awaitPatiently<T>(work: Promise<T>, patienceMs: number): Promise<T | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    this.attend(work);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
