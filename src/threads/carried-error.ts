import { FAILURES, type FailureCode, VoiceRecorderError } from '../model/failure.ts';

/** What of an error crosses a thread: classes do not. */
export interface CarriedError {
  readonly code: string | undefined;
  readonly message: string;
  /** The call that the operating system refused. */
  readonly syscall?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** {@link revive} makes an error of it again. */
export function describeError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const { message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const syscall = 'syscall' in error && typeof error.syscall === 'string' ? error.syscall : undefined;
  return { code, message, syscall, details: error instanceof VoiceRecorderError ? error.details : {} };
}

/** One of ours again, or an error with the `code` that the operating system gave. */
export function revive({ code, message, syscall, details = {} }: CarriedError): Error {
  if (code !== undefined && Object.hasOwn(FAILURES, code)) {
    return new VoiceRecorderError(code as FailureCode, message, { details });
  }
  return Object.assign(new Error(message), {
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall }),
  });
}
