import { type FailureCode, VoiceRecorderError } from '../src/model/failure.ts';

/** As the real rooms fail. */
export function failure(code: FailureCode, message: string): VoiceRecorderError {
  return new VoiceRecorderError(code, message);
}
