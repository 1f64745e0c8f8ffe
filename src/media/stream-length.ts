import type { AudioWarning } from '../model/audio-facts.ts';
import type { StreamOutline } from './stream-outline.ts';

/** How far header and packets may differ: encoder delay and padding of lossy codecs. */
const AGREED_SECONDS = 0.25;

/** The length to believe, and what about it is remarkable; `countedSeconds` is that of the packets, null when they were not counted. */
export function chooseLength(
  outline: StreamOutline,
  headerSeconds: number | null,
  countedSeconds: number | null,
  sampleRateHz: number,
): { seconds: number; warnings: AudioWarning[] } {
  const warnings: AudioWarning[] = [];
  if (outline.exactSamples !== null) {
    return { seconds: outline.exactSamples / sampleRateHz, warnings };
  }
  if (outline.isCut) {
    warnings.push({
      code: 'truncated',
      message: 'The file ends before the recording does; what is there is kept.',
    });
  }
  if (countedSeconds === null || countedSeconds === 0) {
    if (!outline.isHeaderTrue) {
      warnings.push({
        code: 'duration-estimated',
        message: 'Neither header nor packets tell the length; it is reckoned from the bit rate.',
      });
    }
    return { seconds: headerSeconds ?? 0, warnings };
  }
  if (!outline.isHeaderTrue || headerSeconds === null) return { seconds: countedSeconds, warnings };
  if (Math.abs(headerSeconds - countedSeconds) <= AGREED_SECONDS) return { seconds: headerSeconds, warnings };
  if (warnings.length === 0) {
    warnings.push({
      code: 'duration-differs',
      message: `The header promises ${headerSeconds.toFixed(3)} s, ${countedSeconds.toFixed(3)} s of audio are there.`,
    });
  }
  return { seconds: countedSeconds, warnings };
}
