/** The policies of the library that knows them; a module of its own, because it takes 20 ms to load. */
import {
  CircuitState as BreakerState,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhen,
  isBrokenCircuitError,
} from 'cockatiel';
import { failureCodeOf } from '../model/failure.ts';
import type { CircuitListener, CircuitState } from './circuit.ts';
import { isDatabaseOut } from './session-failure.ts';

/** So many failures of the database one after another, whoever asked, mean that it is out. */
const FAILURES_TO_OPEN = 5;
// Short enough for a restart of the database to be hardly noticed; with jitter, so that nodes do not come in step.
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

const STATES = {
  [BreakerState.Closed]: 'closed',
  [BreakerState.Open]: 'open',
  [BreakerState.Isolated]: 'open',
  [BreakerState.HalfOpen]: 'half-open',
} as const satisfies Record<BreakerState, CircuitState>;

/** Opens after failures of the database one after another, and lets one session after a pause decide. */
export class CircuitBreaker {
  readonly #policy: CircuitBreakerPolicy;

  constructor(listener: CircuitListener) {
    const pauses = new ExponentialBackoff({
      generator: halfJitterGenerator,
      initialDelay: FIRST_PAUSE_MS,
      maxDelay: LONGEST_PAUSE_MS,
    });
    this.#policy = circuitBreaker(
      handleWhen((error) => isDatabaseOut(error) || this.#isTrialWithoutAnswer(error)),
      { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter: pauses },
    );
    this.#policy.onStateChange((state) => listener(STATES[state], this.lastFailure));
  }

  /** What made it open, or keeps it open. */
  get lastFailure(): unknown {
    const failure = this.#policy.lastFailure;
    return failure && 'error' in failure ? failure.error : undefined;
  }

  execute<T>(session: () => Promise<T>): Promise<T> {
    return this.#policy.execute(session);
  }

  isRefusal(error: unknown): boolean {
    return isBrokenCircuitError(error);
  }

  /** A database that hangs says nothing: otherwise a deadline may be the caller's own doing. */
  #isTrialWithoutAnswer(error: unknown): boolean {
    return this.#policy.state === BreakerState.HalfOpen && failureCodeOf(error) === 'session-deadline';
  }
}
