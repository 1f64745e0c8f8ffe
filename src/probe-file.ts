import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { openFileHasher } from './blobs/file-checksum.ts';
import { admit } from './ingest/admit.ts';
import { openMedia } from './media/open-media.ts';
import type { AudioWarning, EmbeddedTags } from './model/audio-facts.ts';
import type { Sha256Hex } from './model/digest.ts';
import { safeFileName } from './model/file-name.ts';

/** The part of a recording's metadata that the file itself tells, under the same names. */
export interface ProbedFile {
  readonly filename: string;
  readonly filesizeBytes: number;
  readonly checksum: Sha256Hex;
  readonly mimeType: string;
  readonly container: string;
  readonly codec: string;
  /** Seconds, from the audio itself. */
  readonly duration: number | null;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number | null;
  readonly bitRateBps: number | null;
  readonly isPlayable: boolean;
  readonly embedded: EmbeddedTags;
  readonly warnings: readonly AudioWarning[];
}

/** Describes audio files by their content, without a store; one media child serves them all. */
export interface Prober {
  /**
   * Rejects with `file-missing`, `file-not-regular`, `file-unreadable`, or a `not-audio-…`, `audio-…` or `media-…`
   * code.
   */
  probe(path: string, signal?: AbortSignal): Promise<ProbedFile>;
  close(): Promise<void>;
}

export function openProber(): Prober {
  const anySize = { dataDir: '', maxFileBytes: null, usableBytes: async () => Number.POSITIVE_INFINITY };
  const media = openMedia();
  const hasher = openFileHasher({ workerCount: 1 });
  return {
    async probe(path, signal) {
      const { sizeBytes } = await admit(anySize, path, { isMove: false, needsRoom: false });
      const real = await realpath(path);
      const [{ durationSeconds, extension: _, ...facts }, { checksum }] = await Promise.all([
        media.probe(real, basename(path), signal),
        hasher.hashFile(real, signal),
      ]);
      const filename = safeFileName(basename(path));
      return { filename, filesizeBytes: sizeBytes, checksum, duration: durationSeconds, ...facts };
    },
    close: async () => {
      await Promise.all([media.close(), hasher.close()]);
    },
  };
}

/** One file alone; same rejections as {@link Prober.probe}. */
export async function probeFile(path: string, signal?: AbortSignal): Promise<ProbedFile> {
  const prober = openProber();
  try {
    return await prober.probe(path, signal);
  } finally {
    await prober.close();
  }
}
