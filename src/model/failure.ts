/**
 * Every code this product can answer with. A code is a promise: it is never renamed once released.
 * `docs/errors.md` explains each one to people; `test/errors.test.ts` holds the two together.
 */
export const FAILURES = {
  // Audio that cannot be kept. `not-audio-…`: no audio at all; `audio-…`: damaged audio.
  'not-audio-content': { retryable: false },
  'not-audio-reference': { retryable: false },
  'not-audio-video-only': { retryable: false },
  'audio-unreadable': { retryable: false },
  'audio-no-samples': { retryable: false },
  'audio-impossible-format': { retryable: false },
  'audio-unknown-codec': { retryable: false },
  // Admission and space.
  'file-too-large': { retryable: false },
  'file-not-regular': { retryable: false },
  'file-unreadable': { retryable: false },
  'file-missing': { retryable: false },
  'file-changed-while-reading': { retryable: true },
  'disk-full': { retryable: true },
  // Uploads.
  'upload-unknown': { retryable: false },
  'upload-gone': { retryable: false },
  'upload-offset-conflict': { retryable: false },
  'upload-length-invalid': { retryable: false },
  'upload-length-exceeded': { retryable: false },
  'upload-metadata-invalid': { retryable: false },
  'upload-checksum-header-invalid': { retryable: false },
  'upload-busy': { retryable: true },
  'upload-cut': { retryable: true },
  'upload-recovering': { retryable: true },
  'upload-complete': { retryable: false },
  'checksum-mismatch': { retryable: true },
  'tus-version-unsupported': { retryable: false },
  'content-type-unsupported': { retryable: false },
  // Bytes at rest.
  'blob-exists': { retryable: false },
  'blob-missing': { retryable: false },
  'stored-elsewhere': { retryable: false },
  'digest-mismatch': { retryable: false },
  'storage-failed': { retryable: true },
  'sidecar-unreadable': { retryable: false },
  'sidecar-too-new': { retryable: false },
  'recording-repeated': { retryable: false },
  // Catalogue.
  'recording-unknown': { retryable: false },
  'take-unknown': { retryable: false },
  'take-not-joinable': { retryable: false },
  'version-conflict': { retryable: false },
  'server-busy': { retryable: true },
  'check-unknown': { retryable: false },
  'alert-unknown': { retryable: false },
  'report-not-written': { retryable: false },
  'alert-target-refused': { retryable: false },
  'alert-not-delivered': { retryable: true },
  'amendment-unknown': { retryable: false },
  'undo-conflict': { retryable: false },
  'collection-unknown': { retryable: false },
  'invalid-input': { retryable: false },
  'cursor-invalid': { retryable: false },
  'catalogue-busy': { retryable: true },
  'catalogue-damaged': { retryable: false },
  'catalogue-too-new': { retryable: false },
  'catalogue-failed': { retryable: true },
  'catalogue-commit-unknown': { retryable: false },
  'database-refused': { retryable: false },
  'catalogue-unavailable': { retryable: true },
  'catalogue-missing': { retryable: false },
  'catalogue-too-old': { retryable: false },
  'catalogue-of-other-store': { retryable: false },
  'copy-target-taken': { retryable: false },
  'copy-differs': { retryable: false },
  'session-deadline': { retryable: true },
  'session-write-boundary': { retryable: false },
  // Copies at other places.
  'target-unknown': { retryable: false },
  'target-exists': { retryable: false },
  'target-invalid': { retryable: false },
  'target-unreachable': { retryable: true },
  'target-busy': { retryable: true },
  'target-failed': { retryable: true },
  'target-missing': { retryable: false },
  'target-marker-missing': { retryable: false },
  'target-of-other-store': { retryable: false },
  'target-login-refused': { retryable: false },
  'target-forbidden': { retryable: false },
  'target-clock-skewed': { retryable: false },
  'target-full': { retryable: false },
  'copy-session-lost': { retryable: true },
  'copy-missing': { retryable: true },
  'copy-mismatch': { retryable: true },
  'copy-conflict': { retryable: false },
  // Jobs and media.
  'job-unknown': { retryable: false },
  'job-cancelled': { retryable: false },
  'job-lease-lost': { retryable: false },
  'job-abandoned': { retryable: false },
  'media-crashed': { retryable: true },
  'media-timeout': { retryable: false },
  'media-out-of-memory': { retryable: false },
  'media-failed': { retryable: false },
  'repair-impossible': { retryable: false },
  // Recording from a program of this machine.
  'capture-program-missing': { retryable: false },
  'capture-failed': { retryable: true },
  'capture-ended': { retryable: true },
  // Store and configuration.
  'config-invalid': { retryable: false },
  'config-default-store-in-test': { retryable: false },
  'store-not-writable': { retryable: false },
  'store-locked': { retryable: true },
  'store-marker-missing': { retryable: false },
  'store-marker-invalid': { retryable: false },
  'store-too-new': { retryable: false },
  // HTTP and access.
  'access-denied': { retryable: false },
  'access-role': { retryable: false },
  'login-invalid': { retryable: false },
  'token-exists': { retryable: false },
  'token-unknown': { retryable: false },
  'host-not-allowed': { retryable: false },
  'origin-not-allowed': { retryable: false },
  'range-invalid': { retryable: false },
  'too-many-requests': { retryable: true },
  'route-unknown': { retryable: false },
  'method-not-allowed': { retryable: false },
  'tls-invalid': { retryable: false },
  'address-in-use': { retryable: false },
  'address-not-loopback': { retryable: false },
  'server-unreachable': { retryable: true },
  usage: { retryable: false },
  interrupted: { retryable: true },
  internal: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

/** A stable word for one way to fail; `docs/errors.md` says what happened and what to do. */
export type FailureCode = keyof typeof FAILURES;

/** The one error class of the product: a stable code and a whole sentence for a person. */
export class VoiceRecorderError extends Error {
  override readonly name = 'VoiceRecorderError';
  readonly code: FailureCode;
  /** Facts a program may want beside the sentence (limits, ids, offsets). Never secrets. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: FailureCode,
    message: string,
    options?: { cause?: unknown; details?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options?.details ?? {};
  }

  get isRetryable(): boolean {
    return FAILURES[this.code].retryable;
  }
}

/** The code of `error` if it is one of ours, else undefined. */
export function failureCodeOf(error: unknown): FailureCode | undefined {
  return error instanceof VoiceRecorderError ? error.code : undefined;
}
