import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { VoiceRecorderError } from '../../model/failure.ts';
import { clientSettings, type PostgresSettings, placeName } from './connection-settings.ts';
import { isServerAway, toFailure } from './postgres-failure.ts';

/** How a PostgreSQL server that is not there yet is waited for. */
export interface ServerWait {
  readonly limitMs: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Told whenever there is another reason to wait. */
  readonly onWaiting?: (sentence: string) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Resolves once the server lets this program in. One that cannot be reached, or is still starting, is asked again after
 * growing pauses; whatever else it says no to is said at once. Rejects as a session would, or with `interrupted`.
 */
export async function awaitServer(settings: PostgresSettings, wait: ServerWait): Promise<void> {
  const { limitMs, signal, onWaiting } = wait;
  const place = placeName(settings);
  const giveUpAtMs = performance.now() + limitMs;
  let told = '';
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    requireGoingOn(signal, place);
    const fault = await knock(settings);
    if (fault === undefined) return;
    const leftMs = giveUpAtMs - performance.now();
    const failure = toFailure(fault, place, false);
    if (!isServerAway(fault)) throw failure;
    if (leftMs <= 0) throw limitMs === 0 ? failure : waitedInVain(failure, limitMs);
    if (failure.message !== told) {
      told = failure.message;
      onWaiting?.(`Waiting up to ${limitMs / 1000} s (VRP_DATABASE_START_MS). ${told}`);
    }
    await pause(Math.min(pauseMs, leftMs), undefined, signal && { signal }).catch(() => undefined);
  }
}

/** What it says no with; undefined when it lets us in. */
async function knock(settings: PostgresSettings): Promise<unknown> {
  const client = new pg.Client(clientSettings(settings));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error ?? new Error('It said nothing.');
  } finally {
    await client.end().catch(() => undefined);
  }
}

function requireGoingOn(signal: AbortSignal | undefined, place: string): void {
  if (!signal?.aborted) return;
  throw new VoiceRecorderError('interrupted', `The start was stopped while it waited for ${place}.`);
}

function waitedInVain({ code, message, details }: VoiceRecorderError, limitMs: number): VoiceRecorderError {
  const sentence = `${message} It was waited for ${limitMs / 1000} s (VRP_DATABASE_START_MS).`;
  return new VoiceRecorderError(code, sentence, { details });
}
