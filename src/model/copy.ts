import type { RecordingId } from './id.ts';

/**
 * Where one copy of a recording stands. `sent`: its bytes are at the target, and nobody has read them there yet;
 * `verified`: they were read there and are the right ones; `stale`: so they were, and what is said of the recording
 * has changed since; `conflict`: other bytes lie in its place, and nothing was overwritten.
 */
export const COPY_STATES = ['owed', 'sending', 'sent', 'verified', 'stale', 'failed', 'conflict'] as const;
/** See {@link COPY_STATES}. */
export type CopyStateName = (typeof COPY_STATES)[number];

/** A reason why a copy is not there, with a code of `docs/errors.md`. */
export interface CopyFault {
  readonly code: string;
  readonly message: string;
}

/** One recording at one target, as the ledger has it. Times are ISO 8601 UTC. */
export interface Copy {
  readonly recordingId: RecordingId;
  /** Name of the target. */
  readonly target: string;
  readonly state: CopyStateName;
  /** Where it lies there: path below the root of the target. */
  readonly storedFilename: string;
  /** Of the audio. */
  readonly sizeBytes: number;
  /** Times it was begun since it was last verified. */
  readonly attempts: number;
  /** Not before; null where nothing is to be done. */
  readonly nextTryAt: string | null;
  readonly sentAt: string | null;
  readonly verifiedAt: string | null;
  readonly error: CopyFault | null;
}

/** How many copies of a target stand where. */
export type CopyCounts = Readonly<Record<CopyStateName, number>>;

/** What there is to know about a target. */
export interface TargetReport {
  readonly name: string;
  /** Without credentials. */
  readonly url: string;
  readonly kind: 's3' | 'folder' | 'rclone';
  readonly copies: CopyCounts;
  /** Audio that is not at the target yet, or not known to be. */
  readonly owedBytes: number;
  /** When the last copy was verified; null: never. */
  readonly lastVerifiedAt: string | null;
  /** When the verified copy that was not read for the longest time was read; null where none is verified. */
  readonly oldestVerifiedAt: string | null;
  /** Why nothing is sent at present: the target as a whole does not answer, or refuses. */
  readonly fault: CopyFault | null;
}

/** What is heard while copies are made. */
export interface CopyProgress {
  readonly recordingId: RecordingId;
  readonly target: string;
  readonly state: CopyStateName;
  /** Sent so far while it is being sent, read back so far once it was sent. */
  readonly bytesDone: number;
  readonly sizeBytes: number;
  readonly attempts: number;
  readonly error: CopyFault | null;
}
