import { ExponentialBackoff, fullJitterGenerator, handleWhen, retry } from 'cockatiel';
import { type FailureCode, failureCodeOf } from '../model/failure.ts';

/** What a moment may mend by itself. */
const PASSING: ReadonlySet<FailureCode> = new Set(['target-unreachable', 'target-busy', 'target-failed']);
const TRIES_AGAIN = 4;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Whether the same call may well do better in a while. */
export function isPassing(error: unknown): boolean {
  const code = failureCodeOf(error);
  return code !== undefined && PASSING.has(code);
}

/** Calls `work` up to five times, with pauses of full jitter, as long as what it meets is passing. */
export function tryAgain<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const policy = retry(handleWhen(isPassing), {
    maxAttempts: TRIES_AGAIN,
    backoff: new ExponentialBackoff({
      initialDelay: FIRST_PAUSE_MS,
      maxDelay: LONGEST_PAUSE_MS,
      generator: fullJitterGenerator,
    }),
  });
  return policy.execute(work, signal);
}
