import { type FailureCode, VoiceRecorderError } from '../../model/failure.ts';
import type { ConnectionSettings, ThreadFault } from './sqlite-protocol.ts';

interface Meaning {
  readonly code: FailureCode;
  readonly sentence: string;
  /** It is the database that fails, whatever was asked of it. */
  readonly isDatabaseOut?: boolean;
}

const READONLY = 8;
const UNOPENABLE: Meaning = {
  code: 'catalogue-failed',
  sentence: 'The catalogue cannot be opened',
  isDatabaseOut: true,
};
const FULL: Meaning = { code: 'disk-full', sentence: 'There is no room left for the catalogue' };
const GONE: Meaning = {
  code: 'catalogue-missing',
  sentence: 'The file of the catalogue is gone',
  isDatabaseOut: true,
};

// Primary result codes, https://sqlite.org/rescode.html
const MEANINGS: Readonly<Record<number, Meaning>> = {
  5: { code: 'catalogue-busy', sentence: 'Another process has held the catalogue too long' },
  6: { code: 'catalogue-busy', sentence: 'Another connection has held a table of the catalogue too long' },
  [READONLY]: { code: 'catalogue-failed', sentence: 'The catalogue cannot be written', isDatabaseOut: true },
  10: {
    code: 'catalogue-failed',
    sentence: 'The disk refused to read or write the catalogue',
    isDatabaseOut: true,
  },
  11: { code: 'catalogue-damaged', sentence: 'The catalogue is damaged', isDatabaseOut: true },
  13: FULL,
  14: UNOPENABLE,
  26: { code: 'catalogue-damaged', sentence: 'The catalogue is not a database', isDatabaseOut: true },
};

/** The schema has the number of this program's and lacks a part of it: its own text was changed. */
const CRIPPLED: Meaning = {
  code: 'catalogue-damaged',
  sentence: 'The catalogue lacks a part that its version has',
  isDatabaseOut: true,
};

const ADVICE: Partial<Record<FailureCode, string>> = {
  'catalogue-damaged':
    ' Nothing is lost: the audio files and their sidecars hold everything, and "vrp rebuild" makes the catalogue anew from them.',
  'catalogue-missing':
    ' Put the file back under its name, or stop the server and run "vrp restore-backup" or "vrp rebuild"; the audio files are untouched.',
};

/** A fault of a database thread in the product's own words; faults that are bugs become `internal`. */
export function toFailure(
  fault: ThreadFault,
  { file, isReadonly }: Pick<ConnectionSettings, 'file' | 'isReadonly'>,
): VoiceRecorderError {
  const { sqliteCode, isTransactionLost } = fault;
  const primaryCode = sqliteCode & 0xff;
  const known = isCrippled(fault) ? CRIPPLED : MEANINGS[primaryCode];
  const meaning = fault.isFileGone ? GONE : (known ?? meaningOf(fault.systemCode));
  const cause = new Error(fault.message);
  const details = { file, sqliteCode, isTransactionLost };
  if (meaning) {
    // A connection that only reads refuses to write by itself: that is the caller's fault.
    const isDatabaseOut = meaning.isDatabaseOut === true && !(isReadonly && primaryCode === READONLY);
    return new VoiceRecorderError(
      meaning.code,
      `${meaning.sentence} (${file}): what was said: "${fault.message}".${ADVICE[meaning.code] ?? ''}`,
      { cause, details: { ...details, isDatabaseOut } },
    );
  }
  if (isTransactionLost) {
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

/** What is said to sessions whose shared transaction another one lost before its commit: nothing of theirs counts. */
export function asNeighboursFailure(failure: unknown): unknown {
  if (!(failure instanceof VoiceRecorderError)) return failure;
  return new VoiceRecorderError(failure.code, failure.message, {
    cause: failure,
    details: { ...failure.details, isRetryable: true },
  });
}

function isCrippled({ sqliteCode, message }: ThreadFault): boolean {
  return sqliteCode === 1 && /^no such (table|column): /.test(message);
}

function meaningOf(systemCode: string | undefined): Meaning | undefined {
  if (systemCode === undefined) return undefined;
  return systemCode === 'ENOSPC' || systemCode === 'EDQUOT' ? FULL : UNOPENABLE;
}
