import { VoiceRecorderError } from '../model/failure.ts';

/** `disk-full` or `storage-failed` where the system refused to write `what`; every other error passes through. */
export function asWriteFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new VoiceRecorderError(
    isFull ? 'disk-full' : 'storage-failed',
    `${what} could not be written: ${error.message}.`,
    { cause: error },
  );
}
