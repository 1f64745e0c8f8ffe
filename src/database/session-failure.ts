import { VoiceRecorderError } from '../model/failure.ts';

/** Whether `error` says that the whole transaction is gone, not only the failed statement. */
export function isTransactionLost(error: unknown): boolean {
  return isMarked(error, 'isTransactionLost');
}

/** Whether nothing of the session counts, and it may be run again from its beginning. */
export function isWorthAnotherTry(error: unknown): boolean {
  return isMarked(error, 'isRetryable');
}

/** Whether the database itself failed, whoever had asked: no caller's fault, no conflict, nothing that was busy. */
export function isDatabaseOut(error: unknown): boolean {
  return isMarked(error, 'isDatabaseOut');
}

function isMarked(error: unknown, mark: string): boolean {
  return error instanceof VoiceRecorderError && error.details[mark] === true;
}
