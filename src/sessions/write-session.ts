import { AsyncLocalStorage } from 'node:async_hooks';
import { VoiceRecorderError } from '../model/failure.ts';

/** An open write session, as everything that runs inside it can see it. */
export interface WriteSessionMark {
  readonly name: string;
  /** False once it has ended: work may outlive it. */
  readonly isOpen: boolean;
  /** Told of slow work that was begun inside it, instead of the work being refused. */
  readonly onCrossing: WriteCrossingListener | undefined;
}

/** `place`: the line of the program that asked; the same for each call from there. */
export type WriteCrossingListener = (crossing: VoiceRecorderError, place: string) => void;

const mark = new AsyncLocalStorage<WriteSessionMark>();

/** Runs `work` so that everything it calls, directly or later, can see that a write transaction is open. */
export function runInWriteSession<T>(session: WriteSessionMark, work: () => T): T {
  return mark.run(session, work);
}

/** True while the caller runs inside a write session that has not ended yet. */
export function isInWriteSession(): boolean {
  return mark.getStore()?.isOpen ?? false;
}

/**
 * Throws `session-write-boundary` inside a write session: no write transaction may stay open while files are written,
 * a network is asked or audio is decoded. In production the session is told instead: a person's recording is worth
 * more than the fault of a program.
 */
export function assertOutsideWriteSession(what: string): void {
  const session = mark.getStore();
  if (!session?.isOpen) return;
  const crossing = new VoiceRecorderError(
    'session-write-boundary',
    `${what} was asked for inside the write session "${session.name}"; no write transaction may wait for it. ` +
      'Do it before the session or after it.',
  );
  if (!session.onCrossing) throw crossing;
  session.onCrossing(crossing, callerOf(crossing));
}

/** The first line of the stack behind this function. */
function callerOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return lines[1]?.trim() ?? error.message;
}
