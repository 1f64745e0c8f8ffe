import type { Sha256Hex } from './digest.ts';
import type { RecordingId } from './id.ts';

/**
 * `damaged`: other bytes, or something that is no file, lie where the original should. `missing`: nothing does.
 * `unreadable`: it is there, but the disk or its permissions refuse to give it.
 */
export const VERIFICATION_RESULTS = ['ok', 'damaged', 'missing', 'unreadable'] as const;
/** One word for what a check came to. */
export type VerificationResult = (typeof VERIFICATION_RESULTS)[number];

/** One reading of one original, from its first byte to its last. */
export interface FixityCheck {
  readonly id: RecordingId;
  /** Path relative to the data folder. */
  readonly storedFilename: string;
  readonly result: VerificationResult;
  /** SHA-256 of the bytes that were received. */
  readonly expected: Sha256Hex;
  /** SHA-256 of what lies there now; `folder`, `symbolic-link` or `special-file` when it is no file; else null. */
  readonly found: string | null;
  /** ISO 8601 UTC. */
  readonly checkedAt: string;
  /** A whole sentence about what is wrong; null when nothing is. */
  readonly message: string | null;
}

/** What is known about the soundness of the whole library. */
export interface VerificationReport {
  /** Null: there is no recording yet. */
  readonly oldest: {
    readonly id: RecordingId;
    readonly title: string;
    readonly lastVerifiedAt: string | null;
  } | null;
  /** Recordings that were never read again since they were stored. */
  readonly neverVerifiedCount: number;
  /** The last check of each recording that was not ok; a later check that is ok takes it away. At most 500. */
  readonly faults: readonly FixityCheck[];
}

/** How far comparing catalogue, files and sidecars is. */
export interface ReconcileProgress {
  /** Files, sidecars and rows of the catalogue that were looked at. */
  readonly doneCount: number;
  /** How many there are to look at; files that come or go meanwhile change it. */
  readonly totalCount: number;
}

/** What comparing catalogue, files and sidecars came to. */
export interface ReconcileReport {
  /** Files that no recording knew and that are recordings now. */
  readonly adopted: number;
  /** Recordings without a file. */
  readonly missing: number;
  /** Sidecars that were lost, damaged or said something else than the catalogue. */
  readonly sidecarsRewritten: number;
  /** Files and sidecars that could not be entered, each with its reason; they stay where they are. */
  readonly failed: readonly { readonly file: string; readonly code: string; readonly message: string }[];
}
