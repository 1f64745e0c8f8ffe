import { VoiceRecorderError } from './failure.ts';

/** The failure `recording-unknown`; `id` may be anything that somebody took for one. */
export function unknownRecording(id: string): VoiceRecorderError {
  return new VoiceRecorderError('recording-unknown', `There is no recording with the id ${id}.`);
}
