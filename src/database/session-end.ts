import { VoiceRecorderError } from '../model/failure.ts';

export function sessionEnded(): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-failed',
    'A query came after its session had ended; every query must be awaited inside the session.',
  );
}
