import type { AudioFacts } from '../model/audio-facts.ts';

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

  /**
   * Writes min/max pairs of `path` to `outputPath` in the format of `peaks-format.ts` (docs/format.md).
   * `onProgress` gets shares from 0 to 1.
   */
  peaks(path: string, outputPath: string, options?: MediaOptions): Promise<{ pairCount: number }>;

  /** Writes a rendition that every browser plays and seeks (its MIME type is returned). */
  renderPlayable(path: string, outputPath: string, options?: MediaOptions): Promise<{ mimeType: string }>;

  /** Ends the child; the next call would start a new one. */
  close(): Promise<void>;
}

export interface MediaOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}
