import type { Clock } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { CopyInOptions, SpooledFile, UploadReceipt, UploadState, UploadWish } from '../model/upload.ts';
import type { Uploads } from '../voice-recorder.ts';
import type { Disk } from './disk.ts';

/** Everything the spool needs from the outside world. */
export interface UploadsDesk {
  /** `spool/`, on the file system of `raw/`. Only the holder of the store's lock may open it. */
  readonly spoolPath: string;
  readonly clock: Clock;
  /** Largest declared length of a `file` in bytes; takes are never judged. Null: no limit. */
  readonly maxFileBytes: number | null;
  /** How long an upload may be silent before its bytes are adopted; 7 days when not given. */
  readonly expiryMs?: number;
  readonly tuning?: Partial<UploadsTuning>;
  readonly disk?: Disk;
  /** Module of the spool's threads, where they do more than the spool knows of; see `answerSpoolJobs()`. */
  readonly threadEntry?: URL;
  /**
   * Makes a recording of the bytes. Resolves once its receipt is committed, for the same upload always to the same
   * receipt. Rejects with a code of ours; the bytes then stay where they are.
   */
  complete(spooled: SpooledFile): Promise<UploadReceipt>;
  findReceipt(uploadId: RecordingId): Promise<UploadReceipt | undefined>;
  /** Like `complete`, for a copy (under an id of its own) of the bytes of `uploadId`, whose client never came back. */
  adoptRecovered(spooled: SpooledFile, uploadId: RecordingId): Promise<UploadReceipt>;
  /** Bytes that uploads may still fill. */
  freeBytes(): Promise<number>;
  /** Called when a write met a full disk, before the safe part is journalled: the time to free the reserve. */
  onDiskFull?(): Promise<void>;
  /** Called whenever more bytes of an upload are safe. */
  onProgress?(event: Extract<RecorderEvent, { type: 'upload-progress' }>, facts: ProgressFacts): void;
  log?(level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>): void;
}

export interface ProgressFacts {
  readonly kind: UploadWish['kind'];
  /** Safe now, and not before. */
  readonly addedBytes: number;
}

export interface UploadsTuning {
  /** Bytes gathered into one write. */
  readonly writeBytes: number;
  /** A body without checksum is journalled whenever so many bytes have come … */
  readonly journalBytes: number;
  /** … or the first of them is so old. */
  readonly journalAfterMs: number;
  /** A writer that waits for its socket longer than this may be pre-empted. */
  readonly silenceMs: number;
  /** How long a question waits for a recovery or a completion under way before it is answered without. */
  readonly patienceMs: number;
  /** Uploads whose descriptors are kept open. */
  readonly openUploads: number;
  /** A write-ahead log of this size is closed (0: there is none), and so is one … */
  readonly logBytes: number;
  /** … that was begun so long ago. */
  readonly logAfterMs: number;
  /** How long a closed log rests before what it speaks of is synced in the uploads' own files. */
  readonly settleAfterMs: number;
}

export const DEFAULT_TUNING: UploadsTuning = {
  writeBytes: 512 * 1024,
  journalBytes: 8 * 1024 * 1024,
  journalAfterMs: 1000,
  silenceMs: 3000,
  patienceMs: 2000,
  openUploads: 1024,
  logBytes: 256 * 1024 * 1024,
  logAfterMs: 30_000,
  // Linux writes back by itself what is 30 seconds old.
  settleAfterMs: 40_000,
};

export const DEFAULT_EXPIRY_MS = 7 * 24 * 3600 * 1000;

/** What `openUploads()` gives: the port for clients, and what the house itself does with the spool. */
export interface UploadSpool extends Uploads {
  /**
   * Finds what earlier runs left behind. Resolves once the spool is listed; checking goes on in the background, and
   * an upload that somebody asks for is checked at once.
   */
  recover(): Promise<{ readonly foundCount: number; readonly done: Promise<RecoveryReport> }>;
  /** Uploads that are not yet recordings, oldest first. Waits for a recovery under way. */
  listUnfinished(): Promise<readonly UnfinishedUpload[]>;
  /** True while bytes of this take are not yet a recording, or while the spool is not yet checked after a start. */
  isTakeArriving(takeId: string): boolean;
  /**
   * Makes recovered recordings of takes and files that were silent for longer than the expiry. What is no audio stays
   * in the spool. Deletes nothing.
   */
  adoptExpired(): Promise<readonly AdoptedTake[]>;
  /**
   * Copies a file of this machine into the spool, hashing the very bytes it writes. The folder stays until
   * `discardSpooled()`. Rejects with `file-missing`, `file-unreadable`, `file-not-regular`, `file-too-large`,
   * `file-changed-while-reading`, `disk-full`, `storage-failed` or `interrupted`; nothing is then left behind.
   */
  copyIn(sourcePath: string, wish: UploadWish, options?: CopyInOptions): Promise<SpooledFile>;
  /** Removes what `copyIn()` made. The bytes of a client's upload are never touched by it. */
  discardSpooled(id: RecordingId): Promise<void>;
  /** Cuts writers off (what they delivered is journalled), waits for completions under way, ends the workers. */
  close(): Promise<void>;
}

export interface UnfinishedUpload extends UploadState {
  readonly lastActivityAt: string;
  readonly isExpired: boolean;
  /** Why its complete bytes did not become a recording; null when they are incomplete or not yet judged. */
  readonly refusal: { readonly code: string; readonly message: string } | null;
  /** The recovered recording that was made of its first part. */
  readonly adoptedAs: RecordingId | null;
}

export interface AdoptedTake {
  readonly uploadId: RecordingId;
  readonly recordingId: RecordingId;
}

export interface RecoveryReport {
  /** Uploads that wait for their client. */
  readonly resumed: number;
  /** Complete bytes that became recordings. */
  readonly completed: readonly RecordingId[];
  /** Leftovers of finished or never begun uploads and of repeatable imports that were removed. */
  readonly removed: readonly RecordingId[];
  /** Folders that could not be read as they should. Their bytes are kept. */
  readonly troubled: readonly { readonly id: RecordingId; readonly code: string; readonly message: string }[];
  readonly adopted: readonly AdoptedTake[];
}
