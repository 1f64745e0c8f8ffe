import { type FailureCode, VoiceRecorderError } from '../../model/failure.ts';
import type { ThreadFault } from './sqlite-protocol.ts';

interface Meaning {
  readonly code: FailureCode;
  readonly sentence: string;
}

// Primary result codes, https://sqlite.org/rescode.html
const MEANINGS: Readonly<Record<number, Meaning>> = {
  5: { code: 'catalogue-busy', sentence: 'Another process has held the catalogue too long' },
  6: { code: 'catalogue-busy', sentence: 'Another connection has held a table of the catalogue too long' },
  8: { code: 'catalogue-failed', sentence: 'The catalogue cannot be written' },
  10: { code: 'catalogue-failed', sentence: 'The disk refused to read or write the catalogue' },
  11: { code: 'catalogue-damaged', sentence: 'The catalogue is damaged' },
  13: { code: 'disk-full', sentence: 'There is no room left for the catalogue' },
  14: { code: 'catalogue-failed', sentence: 'The catalogue cannot be opened' },
  26: { code: 'catalogue-damaged', sentence: 'The catalogue is not a database' },
};

/** A fault of a database thread in the product's own words; faults that are bugs become `internal`. */
export function toFailure(fault: ThreadFault, file: string): VoiceRecorderError {
  const { sqliteCode } = fault;
  const meaning = MEANINGS[sqliteCode & 0xff] ?? meaningOf(fault.systemCode);
  const details = { file, sqliteCode, isTransactionLost: fault.isTransactionLost };
  const cause = new Error(fault.message);
  if (meaning) {
    const advice =
      meaning.code === 'catalogue-damaged'
        ? ' Nothing is lost: the audio files and their sidecars hold everything, and "vrp rebuild" makes the catalogue anew from them.'
        : '';
    return new VoiceRecorderError(
      meaning.code,
      `${meaning.sentence} (${file}): what was said: "${fault.message}".${advice}`,
      { cause, details },
    );
  }
  if (fault.isTransactionLost) {
    return new VoiceRecorderError(
      'catalogue-failed',
      `The transaction on ${file} was given up: ${fault.message}`,
      { cause, details },
    );
  }
  return new VoiceRecorderError('internal', `A statement on ${file} failed: ${fault.message}.`, {
    cause,
    details,
  });
}

function meaningOf(systemCode: string | undefined): Meaning | undefined {
  if (systemCode === undefined) return undefined;
  return systemCode === 'ENOSPC' || systemCode === 'EDQUOT' ? MEANINGS[13] : MEANINGS[14];
}

/** Whether `error` says that the whole transaction is gone, not only the failed statement. */
export function isTransactionLost(error: unknown): boolean {
  return error instanceof VoiceRecorderError && error.details['isTransactionLost'] === true;
}
