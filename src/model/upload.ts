import type { AudioFacts } from './audio-facts.ts';
import type { Sha256Hex } from './digest.ts';
import type { RecordingId } from './id.ts';
import type { RecordingKind } from './recording.ts';
import type { TakeGap } from './take-timeline.ts';

/** What a client says about the bytes it is going to send (tus Upload-Metadata, or an import's options). */
export interface UploadWish {
  readonly kind: Extract<RecordingKind, 'take' | 'file'>;
  readonly filename: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly takeId: string | null;
  readonly segment: number | null;
  readonly gapBefore: TakeGap | null;
  readonly recordedAt: string | null;
  readonly recordedAtSource: string | null;
  readonly recordedAtZone: string | null;
  readonly preset: string | null;
  /** SHA-256 of the whole file, if the client knows it beforehand. */
  readonly checksum: Sha256Hex | null;
}

/** The wish of somebody who says nothing; only the kind and a name are never left unsaid. */
export const NOTHING_SAID = {
  title: null,
  tags: [],
  notes: '',
  takeId: null,
  segment: null,
  gapBefore: null,
  recordedAt: null,
  recordedAtSource: null,
  recordedAtZone: null,
  preset: null,
  checksum: null,
} as const satisfies Omit<UploadWish, 'kind' | 'filename'>;

/** An upload as it stands. Offsets count only bytes that are on stable storage. */
export interface UploadState {
  readonly id: RecordingId;
  readonly wish: UploadWish;
  readonly offsetBytes: number;
  /** Null while the length is deferred. */
  readonly lengthBytes: number | null;
  /** Start of receipt, ISO 8601 UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Set once the bytes became a recording. */
  readonly receipt: UploadReceipt | null;
}

/** The answer to "did it really arrive?"; kept for at least 90 days after completion. */
export interface UploadReceipt {
  readonly uploadId: RecordingId;
  readonly recordingId: RecordingId;
  readonly checksum: Sha256Hex;
  readonly sizeBytes: number;
  readonly isDuplicate: boolean;
  readonly completedAt: string;
}

/** Bytes that are complete, hashed and on stable storage in the spool, ready to become a recording. */
export interface SpooledFile {
  /** Upload id; becomes the recording id. */
  readonly id: RecordingId;
  /** The spool's `data` file, on the same file system as `raw/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly checksum: Sha256Hex;
  readonly createdAt: string;
  readonly wish: UploadWish;
  /**
   * A recovered recording made earlier from the first part of the same take. Once these bytes are a recording,
   * that one is moved to the quarantine.
   */
  readonly supersedes?: RecordingId | null;
  /** Made here from these recordings: it becomes an edit that names them, whoever else has the same bytes. */
  readonly parentIds?: readonly RecordingId[];
  /** What its header said, where that suffices: it need not be probed. */
  readonly facts?: AudioFacts;
}

/** How a file of this machine is copied. */
export interface CopyInOptions {
  /** Of the source, as far as somebody has looked at it before; it is looked at again. */
  readonly sizeBytes?: number;
  readonly signal?: AbortSignal;
  /** Where what is made of the passing bytes is to lie, by the id of the copy; nothing is made when not given. */
  readonly byProductPathOf?: (id: RecordingId) => string;
  /** Bytes of the source that were read so far. */
  readonly onProgress?: (bytesDone: number) => void;
}
