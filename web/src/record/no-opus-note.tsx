import { STRINGS } from '../strings.ts';
import { useCaptureValue } from './capture-context.tsx';

/** Said before Record where a browser cannot make Opus. */
export function NoOpusNote() {
  const encodesOpus = useCaptureValue((snapshot) => snapshot.encodesOpus);
  return encodesOpus ? null : <p className="mt-1 text-sm text-warn">{STRINGS.presets.noOpus}</p>;
}
