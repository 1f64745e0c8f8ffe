import type { AudioFacts } from '../model/audio-facts.ts';
import type { AudioMeasurement } from '../model/audio-measurement.ts';
import type { JoinPlan } from '../model/join-plan.ts';
import type { RepairableFault, SilencedPart } from '../model/repair.ts';

/**
 * What FFmpeg knows, asked of a child process that may crash, hang or run out of memory without harm:
 * such an end rejects that one call with `media-crashed`, `media-timeout` or `media-out-of-memory`.
 */
export interface Media {
  /**
   * Facts of the file at `path`. Rejects with a `not-audio-…` or `audio-…` code for what cannot be kept;
   * `filename` (the name people gave it) only serves the `wrong-extension` warning.
   */
  probe(path: string, filename: string, signal?: AbortSignal): Promise<AudioFacts>;

  /** Says that a probe is likely to be asked for: a child is started, or kept, so that it costs no start then. */
  prepareProbe(): void;

  /**
   * Writes min/max pairs of `path` to `outputPath` in the format of `peaks-format.ts` (docs/format.md).
   * `onProgress` gets shares from 0 to 1.
   */
  peaks(path: string, outputPath: string, options?: MediaOptions): Promise<{ pairCount: number }>;

  /** Writes a rendition that every browser plays and seeks (its MIME type is returned). */
  renderPlayable(path: string, outputPath: string, options?: MediaOptions): Promise<{ mimeType: string }>;

  /**
   * Puts two or more segments of a take together in `outputPath`: coded audio is copied where they are alike, else
   * they are decoded and encoded to FLAC. Rejects with `media-failed`, `disk-full` or a code of an unreadable segment.
   */
  join(paths: readonly string[], outputPath: string, options?: MediaOptions): Promise<JoinedMedia>;

  /**
   * Reads and decodes all of `path` once, in a child that leaves the machine to others: the checksum of its audio,
   * its loudness and how much of it is silence.
   */
  measure(path: string, options?: MediaOptions): Promise<AudioMeasurement>;

  /** The faults of `path` that `repair()` can put right; none of a file as it should be. FLAC is read to its end. */
  findFaults(path: string, options?: MediaOptions): Promise<readonly RepairableFault[]>;

  /**
   * Writes to `outputPath` what can be put right of `path`: the same coded audio in a sound file. Rejects with
   * `repair-impossible`, `media-failed`, `disk-full` or a code of an unreadable file.
   */
  repair(path: string, outputPath: string, options?: RepairOptions): Promise<RepairedMedia>;

  /** Ends the child; the next call would start a new one. */
  close(): Promise<void>;
}

/** What a joined file holds, and where in it each segment begins. */
export interface JoinedMedia {
  readonly plan: JoinPlan;
  readonly startsSeconds: readonly number[];
  readonly durationSeconds: number;
  /** Browsers play and seek it as it is. */
  readonly isPlayable: boolean;
}

/** What the repair of a file made. */
export interface RepairedMedia {
  readonly extension: string;
  /** Where sound was lost and silence of the same length stands. */
  readonly silenced: readonly SilencedPart[];
}

export interface MediaOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

export interface RepairOptions extends MediaOptions {
  /** A sound recording of the same recorder: what an MP4 file without an index does not say stands in it. */
  readonly likePath?: string;
}
