import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { isDatabaseOut } from './session-failure.ts';

/** `open`: nobody asks the database; `half-open`: one session tries whether it is back. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Hears of each change, with the failure that opened it. */
export type CircuitListener = (state: CircuitState, cause: unknown) => void;

/**
 * Keeps sessions from a database that is out: they are refused at once instead of queueing behind it. After a pause
 * one session is let through, and its fate decides. A caller's own errors are none of the database's.
 */
export class Circuit {
  readonly #clock: Clock;
  readonly #listener: CircuitListener;
  /** Made at the first failure: most processes end without one, and its module takes a moment to load. */
  #breaker: CircuitBreaker | undefined;
  #state: CircuitState = 'closed';
  #since: string | null = null;

  constructor(clock: Clock, listener: CircuitListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** When it came to be as it is, in UTC; null when it was never otherwise. */
  get since(): string | null {
    return this.#since;
  }

  /** True as long as the database never failed: then there is nothing to be asked, and no call to be made. */
  get isUntouched(): boolean {
    return this.#breaker === undefined;
  }

  /** To be told of what a session rejected with that was not {@link run} here. */
  async note(error: unknown): Promise<void> {
    if (!isDatabaseOut(error)) return;
    const { CircuitBreaker } = await import('./circuit-breaker.ts');
    this.#breaker ??= new CircuitBreaker((state, cause) => this.#turn(state, cause));
    if (this.#state === 'closed')
      await this.#breaker.execute(() => Promise.reject(error)).catch(() => undefined);
  }

  /** Settles as `session` does; rejects with `catalogue-unavailable`, without calling it, while the database is out. */
  async run<T>(session: () => Promise<T>): Promise<T> {
    const breaker = this.#breaker;
    if (!breaker) return await session();
    // The one that tries is not waited for: it may take as long as its deadline.
    if (this.#state === 'half-open') throw this.#refusal(breaker);
    try {
      return await breaker.execute(session);
    } catch (error) {
      if (breaker.isRefusal(error)) throw this.#refusal(breaker);
      throw error;
    }
  }

  #turn(state: CircuitState, cause: unknown): void {
    this.#state = state;
    this.#since = toIsoUtc(this.#clock.nowMs());
    this.#listener(state, cause);
  }

  #refusal({ lastFailure }: CircuitBreaker): VoiceRecorderError {
    const why = lastFailure instanceof Error ? ` What it said last: ${lastFailure.message}` : '';
    return new VoiceRecorderError(
      'catalogue-unavailable',
      `The database has not answered since ${this.#since} and is left alone for a few seconds; nothing was done.${why}`,
      { cause: lastFailure },
    );
  }
}

const BADNESS: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 };

export function worseOf(one: Circuit, other: Circuit): Circuit {
  return BADNESS[other.state] > BADNESS[one.state] ? other : one;
}
