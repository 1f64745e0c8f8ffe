import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';

const CODE_OF: Readonly<Record<string, FailureCode>> = {
  ENOSPC: 'target-full',
  EDQUOT: 'target-full',
  EFBIG: 'target-full',
  EACCES: 'target-forbidden',
  EPERM: 'target-forbidden',
  EROFS: 'target-forbidden',
  ELOOP: 'target-forbidden',
  ENODEV: 'target-missing',
  ESTALE: 'target-unreachable',
  EHOSTDOWN: 'target-unreachable',
  EHOSTUNREACH: 'target-unreachable',
  ETIMEDOUT: 'target-unreachable',
  ENOTCONN: 'target-unreachable',
};

/** What a file system refused while `attempt` ("take raw/…"), in our words. */
export function asFolderFailure(error: unknown, root: string, attempt: string): Error {
  if (error instanceof VoiceRecorderError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new VoiceRecorderError(
    CODE_OF[code] ?? 'target-failed',
    `The folder ${root} could not ${attempt}: ${message}.`,
    { cause: error },
  );
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
