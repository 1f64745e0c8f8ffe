import { VoiceRecorderError } from '../model/failure.ts';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** The system's code of `error` (`ENOENT`, …), if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

export function isMissing(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What the system said, in our words; errors that are ours already, or bugs, pass through. */
export function asDiskFailure(error: unknown, attempt: string): unknown {
  const code = systemCodeOf(error);
  if (code === undefined || error instanceof VoiceRecorderError || !(error instanceof Error)) return error;
  if (FULL.has(code)) {
    return new VoiceRecorderError('disk-full', `No room is left to ${attempt} (${code}).`, { cause: error });
  }
  // Errors that name no system call (ERR_INVALID_ARG_TYPE, …) are faults of the program.
  if (!('syscall' in error)) return error;
  const why = code === 'ELOOP' ? 'a symbolic link is in the way' : error.message;
  return new VoiceRecorderError('storage-failed', `Could not ${attempt}: ${why}.`, { cause: error });
}
