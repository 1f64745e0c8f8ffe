import type { AudioWarning } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { AudioScan } from './audio-scan.ts';

/** Warnings about what a scan found. Throws `audio-no-samples` when nothing at all could be decoded. */
export function checkScan(scan: AudioScan): AudioWarning[] {
  if (scan.packetCount === 0) {
    throw new VoiceRecorderError('audio-no-samples', 'The file has a header but no audio behind it.');
  }
  if (scan.decodedFrames === 0) {
    throw new VoiceRecorderError('audio-no-samples', 'None of the audio in the file can be decoded.');
  }
  const damaged = scan.decodeErrorCount + scan.damagedCount;
  return damaged === 0 ? [] : [damageRemark(damaged, scan.packetCount)];
}

export function damageRemark(
  damagedCount: number,
  count: number,
  parts: 'packets' | 'frames' | 'pages' = 'packets',
): AudioWarning {
  return {
    code: 'decode-errors',
    message: `${damagedCount} of ${count} ${parts} are damaged; the rest of the audio is readable.`,
  };
}
