import { VoiceRecorderError } from '../../model/failure.ts';
import type { StatementTarget } from './session-dialect.ts';

/** What a session does between its begin and its end. */
export type MemberWork<T> = (target: StatementTarget) => Promise<T>;

export function sessionEnded(): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-failed',
    'A query came after its session had ended; every query must be awaited inside the session.',
  );
}

/** Settles as `work` does, or rejects with the signal's reason when that comes first. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const leave = () => signal.removeEventListener('abort', onAbort);
    work.then(resolve, reject).finally(leave);
  });
}
