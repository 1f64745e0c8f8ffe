import { openProber, type ProbedFile, type ProbeOptions } from './probe-file.ts';

/** What a file itself tells, under the names a recording has it by; what `vrp probe` prints. */
export type FileMetadata = ProbedFile;

// Opened is not started: the process and the thread behind it come with the first file, and end when idle.
const prober = openProber();

/**
 * Describes audio files by their content, without a store. One child process and one thread serve all calls of a
 * program; they do not keep it alive. `calculate` rejects with `file-missing`, `file-not-regular`, `file-unreadable`,
 * `file-changed-while-reading`, `interrupted`, or a `not-audio-…`, `audio-…` or `media-…` code.
 *
 * @example
 * const { duration, checksum, mimeType, filesizeBytes } = await FileMetadataCalculator.calculate('interview.wav');
 */
export const FileMetadataCalculator = {
  calculate: (path: string, options?: ProbeOptions): Promise<FileMetadata> => prober.probe(path, options),
} as const;
