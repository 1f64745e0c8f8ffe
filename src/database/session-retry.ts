/** Loaded with the first session that has to begin again. */
import { ExponentialBackoff, fullJitterGenerator, handleWhen, retry } from 'cockatiel';
import { type SessionLimit, unlessOver } from './session-factory.ts';
import { isWorthAnotherTry } from './session-failure.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Runs `attempt` up to `retries` times, after pauses of random length, until it succeeds or fails for good; `failure`
 * is that of the attempt before. All within `limit`.
 */
export function tryAgain<T>(
  failure: unknown,
  attempt: () => Promise<T>,
  retries: number,
  limit: SessionLimit,
): Promise<T> {
  const policy = retry(handleWhen(isWorthAnotherTry), {
    maxAttempts: retries,
    backoff: new ExponentialBackoff({
      generator: fullJitterGenerator,
      initialDelay: FIRST_PAUSE_MS,
      maxDelay: LONGEST_PAUSE_MS,
    }),
  });
  const again = policy.execute(async (context) => {
    if (context.attempt === 0) throw failure;
    limit.throwIfOver();
    return await attempt();
  });
  return unlessOver(again, limit);
}
