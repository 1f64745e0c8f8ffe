import type { AudioWarning } from './audio-facts.ts';
import type { Sha256Hex } from './digest.ts';
import type { Loudness } from './recording.ts';

/**
 * SHA-256 of all packets of the first audio stream one after the other, as FFmpeg takes them from the container:
 * what `ffmpeg -i FILE -map 0:a:0 -c copy -f hash -hash sha256 -` prints. Tags and most remuxes leave it as it is.
 */
export const AUDIO_CHECKSUM_METHOD = 'packets-v1';

/** The kind of the jobs that measure; their dedupe key is the recording's id. */
export const MEASURE_JOB = 'measure';

/** What only reading all of the audio can tell. */
export interface AudioMeasurement {
  readonly audioChecksum: Sha256Hex;
  readonly audioChecksumMethod: typeof AUDIO_CHECKSUM_METHOD;
  /** Null where nothing could be decoded. */
  readonly loudness: Loudness | null;
  /** Share, 0 to 1, of the tenths of a second in which no sample goes beyond -60 dBFS; null where none was decoded. */
  readonly silenceShare: number | null;
  /** What decoding all of it found amiss, which no look at the beginning could show. */
  readonly remark: AudioWarning | null;
}

/** Remarks that say already why some of the audio cannot be decoded. */
const EXPLAINED_BY: ReadonlySet<string> = new Set(['truncated', 'size-header-wrong', 'decode-errors']);

/** The remarks with that of a measurement, unless they say it already. */
export function withRemark(
  warnings: readonly AudioWarning[],
  remark: AudioWarning | null,
): readonly AudioWarning[] {
  return remark === null || warnings.some(({ code }) => EXPLAINED_BY.has(code))
    ? warnings
    : [...warnings, remark];
}
