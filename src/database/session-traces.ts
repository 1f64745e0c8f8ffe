/** One session in so many of the same name leaves its stack. */
const SESSIONS_PER_TRACE = 64;
// Names are words of programs; one that makes them up must not fill the memory.
const NAMES_KEPT = 1_000;

/** Where a session was asked for, or another one of its name; formatted only when it is read. */
export interface SessionTrace {
  readonly at: Error;
  readonly isOwn: boolean;
}

interface NamedTrace {
  trace: SessionTrace;
  age: number;
  wasSlow: boolean;
}

/**
 * The stacks of those who asked for sessions, for the one that turns out to be slow. Taking one costs more than all the
 * rest of a session does on the event loop; so most sessions have that of another one of their name, until one of that
 * name was slow: from then on each leaves its own.
 */
export class SessionTraces {
  readonly #byName = new Map<string, NamedTrace>();

  take(name: string): SessionTrace {
    const known = this.#byName.get(name);
    if (known && !known.wasSlow && ++known.age < SESSIONS_PER_TRACE) return known.trace;
    const at = new Error(name);
    if (known) {
      known.age = 0;
      known.trace = { at, isOwn: false };
    } else if (this.#byName.size < NAMES_KEPT) {
      this.#byName.set(name, { trace: { at, isOwn: false }, age: 0, wasSlow: false });
    }
    return { at, isOwn: true };
  }

  noteSlow(name: string): void {
    const known = this.#byName.get(name);
    if (known) known.wasSlow = true;
  }
}
