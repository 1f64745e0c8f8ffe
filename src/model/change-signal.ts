/** Wakes whoever waits for the next change; who comes later waits for the one after it. */
export class ChangeSignal {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return this.#next.promise;
  }

  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}
