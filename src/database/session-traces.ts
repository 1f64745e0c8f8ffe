/** Of sessions that only read, one in so many leaves its stack. */
const READS_PER_TRACE = 128;
// Names are words of programs; one that makes them up must not fill the memory.
const NAMES_KEPT = 1_000;

interface NamedTrace {
  trace: Error;
  age: number;
  wasSlow: boolean;
}

/**
 * The stacks of those who asked for sessions, for the one that turns out to be slow. Taking one costs a tenth of a
 * short read: so every session that writes leaves its own, and one that reads the newest of its name, until one of that
 * name was slow.
 */
export class SessionTraces {
  readonly #reads = new Map<string, NamedTrace>();

  take(name: string, isReadonly: boolean): Error {
    if (!isReadonly) return new Error(name);
    const known = this.#reads.get(name);
    if (known && !known.wasSlow && ++known.age < READS_PER_TRACE) return known.trace;
    const trace = new Error(name);
    if (known) {
      known.trace = trace;
      known.age = 0;
    } else if (this.#reads.size < NAMES_KEPT) {
      this.#reads.set(name, { trace, age: 0, wasSlow: false });
    }
    return trace;
  }

  /** From now on each session of this name leaves its own stack. */
  noteSlow(name: string): void {
    const known = this.#reads.get(name);
    if (known) known.wasSlow = true;
  }
}
