import { AsyncLocalStorage } from 'node:async_hooks';
import { VoiceRecorderError } from '../model/failure.ts';

interface WriteSessionMark {
  readonly name: string;
  readonly isOpen: () => boolean;
}

const mark = new AsyncLocalStorage<WriteSessionMark>();

/** Runs `work` so that everything it calls, directly or later, can see that a write transaction is open. */
export function runInWriteSession<T>(name: string, isOpen: () => boolean, work: () => T): T {
  return mark.run({ name, isOpen }, work);
}

/** True while the caller runs inside a write session that has not ended yet. */
export function isInWriteSession(): boolean {
  return mark.getStore()?.isOpen() ?? false;
}

/**
 * Throws `session-write-boundary` inside a write session: no write transaction may stay open while files are
 * written, a network is asked or audio is decoded.
 */
export function assertOutsideWriteSession(what: string): void {
  const current = mark.getStore();
  if (!current?.isOpen()) return;
  throw new VoiceRecorderError(
    'session-write-boundary',
    `${what} was asked for inside the write session "${current.name}"; no write transaction may wait for it. ` +
      'Do it before the session or after it.',
  );
}
