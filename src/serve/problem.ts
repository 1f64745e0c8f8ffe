import { STATUS_CODES } from 'node:http';
import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';

/** The HTTP status of each failure. Nothing else in the product knows HTTP statuses of failures. */
export const STATUS_OF = {
  'not-audio-content': 415,
  'not-audio-reference': 415,
  'not-audio-video-only': 415,
  'audio-unreadable': 415,
  'audio-no-samples': 415,
  'audio-impossible-format': 415,
  'audio-unknown-codec': 415,
  'file-too-large': 413,
  'file-not-regular': 400,
  'file-unreadable': 400,
  'file-missing': 404,
  'file-changed-while-reading': 409,
  'disk-full': 507,
  'upload-unknown': 404,
  'upload-gone': 410,
  'upload-offset-conflict': 409,
  'upload-length-invalid': 400,
  'upload-length-exceeded': 413,
  'upload-metadata-invalid': 400,
  'upload-checksum-header-invalid': 400,
  // 423 and not 503 while recovering: tus clients wait on 423, and begin a new upload on any other refusal of HEAD.
  'upload-busy': 423,
  'upload-recovering': 423,
  'upload-cut': 503,
  'upload-complete': 409,
  // tus 1.0.0, checksum extension.
  'checksum-mismatch': 460,
  'tus-version-unsupported': 412,
  'content-type-unsupported': 415,
  'blob-exists': 409,
  'blob-missing': 404,
  // The request is right, but for another server.
  'stored-elsewhere': 421,
  'digest-mismatch': 500,
  'storage-failed': 503,
  'sidecar-unreadable': 500,
  'sidecar-too-new': 500,
  'recording-repeated': 500,
  'recording-unknown': 404,
  'take-unknown': 404,
  'take-not-joinable': 422,
  'version-conflict': 412,
  'server-busy': 503,
  'check-unknown': 404,
  'alert-unknown': 404,
  'report-not-written': 500,
  'alert-target-refused': 403,
  'alert-not-delivered': 502,
  'amendment-unknown': 404,
  'undo-conflict': 409,
  'collection-unknown': 404,
  'invalid-input': 400,
  'cursor-invalid': 400,
  'catalogue-busy': 503,
  'catalogue-damaged': 500,
  'catalogue-too-new': 500,
  'catalogue-too-old': 500,
  'catalogue-missing': 500,
  'catalogue-failed': 503,
  'catalogue-unavailable': 503,
  'catalogue-of-other-store': 500,
  'copy-target-taken': 409,
  'copy-differs': 500,
  'catalogue-commit-unknown': 500,
  'database-refused': 503,
  'session-write-boundary': 500,
  'session-deadline': 503,
  'target-unknown': 404,
  'target-exists': 409,
  'target-invalid': 400,
  'target-unreachable': 504,
  'target-busy': 503,
  'target-failed': 502,
  'target-missing': 502,
  'target-marker-missing': 502,
  'target-of-other-store': 409,
  'target-login-refused': 502,
  'target-forbidden': 502,
  'target-clock-skewed': 502,
  'target-full': 507,
  'copy-session-lost': 503,
  'copy-missing': 404,
  'copy-mismatch': 502,
  'copy-conflict': 409,
  'job-unknown': 404,
  'job-cancelled': 409,
  'job-abandoned': 500,
  'job-lease-lost': 503,
  'media-crashed': 503,
  'media-timeout': 500,
  'media-out-of-memory': 500,
  'media-failed': 500,
  'repair-impossible': 422,
  'capture-program-missing': 500,
  'capture-failed': 500,
  'capture-ended': 500,
  'config-invalid': 500,
  'config-default-store-in-test': 500,
  'store-not-writable': 500,
  'store-locked': 503,
  'store-marker-missing': 500,
  'store-marker-invalid': 500,
  'store-too-new': 500,
  'access-denied': 401,
  'access-role': 403,
  'login-invalid': 401,
  'token-exists': 409,
  'token-unknown': 404,
  'host-not-allowed': 421,
  'origin-not-allowed': 403,
  'range-invalid': 416,
  'too-many-requests': 429,
  'route-unknown': 404,
  'method-not-allowed': 405,
  'tls-invalid': 500,
  'address-in-use': 500,
  'address-not-loopback': 500,
  'server-unreachable': 502,
  usage: 400,
  interrupted: 503,
  internal: 500,
} as const satisfies Record<FailureCode, number>;

const TITLES: Readonly<Record<number, string>> = { 460: 'Checksum Mismatch' };
const RETRY_AFTER_SECONDS = 1;

/** A refusal or failure as RFC 9457 has it, with our stable `code`. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where to find a failure of ours in the log. */
  readonly requestId?: string;
}

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is answered for `error`. Nothing is told of an error that is not one of ours. */
export function answerProblem(error: unknown, requestId: string): ProblemAnswer {
  const failure = asFailure(error);
  const status: number = STATUS_OF[failure.code];
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  };
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="Voice Recorder Pro"';
  if (status === 423 || status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return {
    headers,
    problem: {
      type: `urn:voice-recorder-pro:error:${failure.code}`,
      title: TITLES[status] ?? STATUS_CODES[status] ?? 'Error',
      status,
      detail: failure.message,
      code: failure.code,
      ...(Object.keys(failure.details).length > 0 && { details: failure.details }),
      ...(status >= 500 && { requestId }),
    },
  };
}

/** Our own errors as they are, those of the HTTP library translated, all others without a word about them. */
function asFailure(error: unknown): VoiceRecorderError {
  if (error instanceof VoiceRecorderError) return error;
  const { code, statusCode } = readLibraryError(error);
  if (error instanceof Error && statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new VoiceRecorderError(libraryCode(code, statusCode), asSentence(error.message), { cause: error });
  }
  return new VoiceRecorderError('internal', 'Something went wrong here; the log of the server says what.', {
    cause: error,
  });
}

function libraryCode(code: string, statusCode: number): FailureCode {
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415) return 'content-type-unsupported';
  if (statusCode === 403 || statusCode === 404) return 'route-unknown';
  return 'invalid-input';
}

function readLibraryError(error: unknown): { code: string; statusCode: number | undefined } {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const { code, statusCode } = fields;
  return {
    code: typeof code === 'string' ? code : '',
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
  };
}

function asSentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
