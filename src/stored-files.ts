import type { Readable } from 'node:stream';
import type { CleanupKind, CleanupProgress, CleanupReport, Recommendation } from './model/cleanup.ts';
import type { Sha256Hex } from './model/digest.ts';
import type { RecordingId } from './model/id.ts';
import type { ImportOutcome } from './model/import-outcome.ts';
import type { Recording } from './model/recording.ts';
import type { UploadReceipt, UploadWish } from './model/upload.ts';
import type { ImportOptions } from './voice-recorder.ts';

/** The one door to stored files: everything that brings bytes in, reads them, or takes them away. */
export interface StoredFiles {
  /**
   * Keeps a file of this machine; the source stays, unless `isMove`. Never rejects for a bad file: the outcome says
   * what became of it.
   */
  saveFile(path: string, options?: ImportOptions): Promise<ImportOutcome>;
  /**
   * Keeps the bytes of a stream, through the spool like an upload. Resolves once they are a recording. Rejects with
   * `upload-cut` when the stream breaks off, or with a code of ingest; nothing is then left behind.
   */
  saveStream(bytes: Readable, wish: StreamWish): Promise<UploadReceipt>;
  /** Undefined when there is no such recording. */
  get(id: RecordingId): Promise<Recording | undefined>;
  /** Bytes from `start` (inclusive) to `end` (exclusive), all without a range. Rejects like `Library.audio`. */
  openRange(id: RecordingId, range?: { start: number; end: number }): Promise<Readable>;
  /** The absolute path of the original. Not to be written to. Rejects with `recording-unknown`. */
  pathOf(id: RecordingId): Promise<string>;
  /**
   * Reads the original anew and keeps the answer, as `Verification.verify` does and with the same rejections; what is
   * missing or damaged is an answer.
   */
  check(id: RecordingId): Promise<FileCheck>;
  trash(id: RecordingId, expectedVersion?: number): Promise<Recording>;
  restore(id: RecordingId): Promise<Recording>;
  /**
   * Removes original, sidecar and derived files for good and leaves a tombstone. By a person's word only. Rejects with
   * `recording-unknown`, `version-conflict` or `storage-failed`.
   */
  purge(id: RecordingId, options?: PurgeOptions): Promise<PurgeOutcome>;
  metrics(): Promise<StorageMetrics>;
}

/** What may be said about bytes that come as a stream. */
export interface StreamWish extends Partial<Omit<UploadWish, 'kind' | 'filename'>> {
  readonly filename: string;
  /** Known beforehand, it is held against the free space and against what comes. */
  readonly sizeBytes?: number;
}

/** What a new look at an original found. */
export interface FileCheck {
  readonly id: RecordingId;
  readonly isSound: boolean;
  readonly expected: Sha256Hex;
  /** Null when it is missing or cannot be read. */
  readonly found: Sha256Hex | null;
}

/** How a recording is purged. */
export interface PurgeOptions {
  /** Also what lies of it in quarantine. */
  readonly isEverywhere?: boolean;
  readonly expectedVersion?: number;
}

/** What a purge removed. */
export interface PurgeOutcome {
  readonly id: RecordingId;
  readonly title: string;
  readonly checksum: Sha256Hex;
  readonly purgedAt: string;
  readonly freedBytes: number;
}

/** How many, and how large together. */
export interface FileCount {
  readonly count: number;
  readonly bytes: number;
}

/** What is stored, how it grew, and what the operations on it cost. */
export interface StorageMetrics {
  /** Originals by kind, the trash apart. */
  readonly byKind: Readonly<Record<'take' | 'file' | 'edit' | 'trash', FileCount>>;
  /** By month of receipt, oldest first. */
  readonly growth: readonly (FileCount & { readonly month: string })[];
  /** Bytes that came again and were not kept twice. */
  readonly deduplicated: FileCount;
  /** Since this process opened the store, by operation. */
  readonly operations: Readonly<Record<string, OperationFigures>>;
}

/** One kind of operation since the store was opened. */
export interface OperationFigures {
  readonly total: number;
  readonly failed: number;
  readonly active: number;
  /** Of the newest 256; null before the first one ended. */
  readonly medianMs: number | null;
  readonly slowestMs: number | null;
}

/** Ways to make room. Nothing is removed but by a person's word. */
export interface Cleanup {
  /** What could go, the harmless first; kinds of which there is nothing are left out. */
  recommend(): Promise<readonly Recommendation[]>;
  /** Lets go what is found now of these kinds. One that fails keeps no other from going. */
  apply(kinds: readonly CleanupKind[], options?: CleanupOptions): Promise<CleanupReport>;
}

/** How a clean-up is watched and stopped. */
export interface CleanupOptions {
  /** Stops it before the next item. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CleanupProgress) => void;
}
