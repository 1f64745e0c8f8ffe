import pg from 'pg';
import { VoiceRecorderError } from '../../model/failure.ts';
import { clientSettings, type PostgresSettings } from './connection-settings.ts';
import { READ_MARK, type SessionMark } from './marks.ts';
import { toFailure } from './postgres-failure.ts';

// A server that was killed is up again within this, unless it has much to read through or stays away.
const SETTLE_LIMIT_MS = 30_000;
const PAUSE_MS = 100;
const WAIT_LIMIT_MS = 10_000;

/**
 * The connection broke while a session was being committed: asks on a new one whether its mark is there. Resolves when
 * it is; rejects with a failure that may be tried again when nothing of the session counts, and with
 * `catalogue-commit-unknown` when the server does not come back in time.
 */
export async function settleCommit(lost: {
  readonly settings: PostgresSettings;
  readonly place: string;
  readonly mark: SessionMark | undefined;
  readonly fault: unknown;
}): Promise<void> {
  const { settings, place, mark, fault } = lost;
  if (!mark) throw unknown(place, fault);
  const giveUpAtMs = performance.now() + (settings.settleLimitMs ?? SETTLE_LIMIT_MS);
  for (;;) {
    try {
      if (await isThere(settings, mark)) return;
    } catch (error) {
      if (performance.now() > giveUpAtMs) throw unknown(place, error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      continue;
    }
    throw toFailure(fault, place, true);
  }
}

/** Waits until no other connection is about to commit or undo the mark. */
async function isThere(settings: PostgresSettings, { slot, mark }: SessionMark): Promise<boolean> {
  const client = new pg.Client(clientSettings(settings));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(
      `BEGIN; SET LOCAL search_path TO ${pg.escapeIdentifier(settings.schema)}; SET LOCAL lock_timeout TO ${WAIT_LIMIT_MS}`,
    );
    const { rows } = await client.query<{ mark: string }>(READ_MARK, [slot]);
    await client.query('ROLLBACK');
    return rows[0]?.mark === mark;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function unknown(place: string, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-commit-unknown',
    `The connection to ${place} broke while a change was being committed, and the server cannot be asked whether it ` +
      'counts. Look whether the change is there before it is made again.',
    {
      cause: new Error(cause instanceof Error ? cause.message : String(cause)),
      details: { isTransactionLost: true },
    },
  );
}
