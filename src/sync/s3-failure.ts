import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';

/** What the AWS SDK throws. */
interface ServiceError extends Error {
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Names of errors as S3 and the programs that speak like it give them, of the network, and of the SDK. */
const CODE_OF_NAME: Readonly<Record<string, FailureCode>> = {
  NoSuchBucket: 'target-missing',
  PermanentRedirect: 'target-missing',
  AuthorizationHeaderMalformed: 'target-missing',
  NoSuchKey: 'copy-missing',
  NotFound: 'copy-missing',
  NoSuchUpload: 'copy-session-lost',
  InvalidAccessKeyId: 'target-login-refused',
  SignatureDoesNotMatch: 'target-login-refused',
  ExpiredToken: 'target-login-refused',
  InvalidToken: 'target-login-refused',
  CredentialsProviderError: 'target-login-refused',
  RequestTimeTooSkewed: 'target-clock-skewed',
  QuotaExceeded: 'target-full',
  InsufficientCapacity: 'target-full',
  EntityTooLarge: 'target-full',
  AccessDenied: 'target-forbidden',
  AllAccessDisabled: 'target-forbidden',
  SlowDown: 'target-busy',
  TooManyRequests: 'target-busy',
  RequestTimeout: 'target-unreachable',
  TimeoutError: 'target-unreachable',
  BadDigest: 'copy-mismatch',
  InvalidDigest: 'copy-mismatch',
};
const CODE_OF_STATUS: Readonly<Record<number, FailureCode>> = {
  301: 'target-missing',
  401: 'target-login-refused',
  403: 'target-forbidden',
  404: 'copy-missing',
  408: 'target-unreachable',
  413: 'target-full',
  429: 'target-busy',
  503: 'target-busy',
  507: 'target-full',
};
const REMEDY: Partial<Record<FailureCode, string>> = {
  'target-missing': 'Look at the name of the bucket, its region and the endpoint.',
  'target-login-refused': 'Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or at the profile.',
  'target-forbidden': 'Its owner must allow reading, writing and listing below the prefix.',
  'target-clock-skewed': 'Set the clock of this machine.',
  'target-full': 'Make room there, or have the quota raised.',
};

/** What went wrong while `attempt` ("send raw/…"), in our words. */
export function asTargetFailure(error: unknown, attempt: string, where: string): Error {
  if (error instanceof VoiceRecorderError) return error;
  const failure = (error instanceof Error ? error : new Error(String(error))) as ServiceError;
  const code = codeOf(failure);
  // Answers without a body have a name only.
  const said = /^(UnknownError)?$/.test(failure.message.trim()) ? failure.name : failure.message.trim();
  const remedy = REMEDY[code];
  const message = `${where} could not ${attempt}: ${said.replace(/\.?$/, '.')}`;
  return new VoiceRecorderError(code, remedy === undefined ? message : `${message} ${remedy}`, {
    cause: error,
  });
}

function codeOf(failure: ServiceError): FailureCode {
  const status = failure.$metadata?.httpStatusCode;
  const named = CODE_OF_NAME[failure.name] ?? CODE_OF_NAME[failure.Code ?? ''];
  if (named !== undefined) return named;
  if (failure.name === 'AbortError') return 'interrupted';
  if (status === undefined) return isOfNetwork(failure) ? 'target-unreachable' : 'target-failed';
  return CODE_OF_STATUS[status] ?? 'target-failed';
}

/** Node names what the network did in capitals: ECONNRESET, ENOTFOUND, EPIPE, ETIMEDOUT … */
function isOfNetwork({ code = '', message }: ServiceError): boolean {
  return /^E[A-Z_]+$/.test(code) || /socket|aborted|network|connection/i.test(message);
}
