import type { CapturePhase } from '../capture/capture-port.ts';

/** The microphone is writing, or about to be done with it: the page must not be replaced or left lightly. */
export function isTakeRunning(phase: CapturePhase): boolean {
  return phase === 'recording' || phase === 'paused' || phase === 'finishing';
}

/** Record would begin a new take. */
export function canStart(phase: CapturePhase): boolean {
  return !isTakeRunning(phase);
}

/** Nothing of a take is left to do in this page. */
export function isAtRest(phase: CapturePhase): boolean {
  return phase === 'idle' || phase === 'saved';
}
