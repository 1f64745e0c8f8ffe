import type { BlobStore } from '../blobs/blob-store.ts';
import type { Media } from '../media/media.ts';
import type { Clock } from '../model/clock.ts';
import type { Sha256Hex } from '../model/digest.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording, RecordingAlias, RecordingAmendment } from '../model/recording.ts';
import type { CopyInOptions, SpooledFile, UploadReceipt, UploadWish } from '../model/upload.ts';
import type { Turns } from './turns.ts';

/** Everything ingest needs from the outside world. */
export interface IngestDesk {
  readonly blobs: BlobStore;
  readonly media: Pick<Media, 'probe'>;
  readonly recordings: RecordingLedger;
  readonly clock: Clock;
  /** One for all who place in this store. */
  readonly turns: Turns;
  /** `spool/`, where recovery looks for bytes that were not placed yet. */
  readonly spoolPath: string;
  /** The recovered recording that a whole upload is to supersede, as its spool folder says; null: none. */
  findSuperseded(uploadId: RecordingId): Promise<RecordingId | null>;
  /** SHA-256 of a file as it is now, off the event loop. */
  hashFile(path: string, signal?: AbortSignal): Promise<{ checksum: Sha256Hex; sizeBytes: number }>;
  /** Told of each recording that came to be, after everything is committed. Its failure is not ingest's. */
  onAdded?(recording: Recording): void;
  /** Told of each recording that a duplicate healed, restored or gave an alias. */
  onChanged?(recording: Recording): void;
  /** Called when a write met a full disk: the time to free the reserve. */
  onDiskFull?(): Promise<void>;
  log?(level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>): void;
}

/** What importing files of this machine needs besides. */
export interface ImportDesk extends IngestDesk {
  /** The data folder: what lies in it is never moved away. */
  readonly dataDir: string;
  /** Where stored bytes lie on this machine. */
  localPath(key: string): string;
  /** Largest file in bytes; null: no limit but free space. */
  readonly maxFileBytes: number | null;
  /** Bytes that imports may still fill; infinity when space is not checked. */
  usableBytes(): Promise<number>;
  copyIn(sourcePath: string, wish: UploadWish, options: CopyInOptions): Promise<SpooledFile>;
  /** Where derived files of new recordings may be made now; undefined: room is scarce, or none are wanted. */
  peaksPlace?(): Promise<PeaksPlace | undefined>;
  /** Removes what `copyIn()` made. */
  discardSpooled(id: RecordingId): Promise<void>;
}

export interface PeaksPlace {
  pathOf(id: RecordingId): string;
  /** Of a copy that became no recording of its own. */
  forget(id: RecordingId): Promise<unknown>;
}

export type ClaimOutcome =
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'taken'; readonly by: Recording };

/** The part of the catalogue that ingest writes to; each promise resolves after its commit. */
export interface RecordingLedger {
  claim(recording: Recording, options: { readonly isDeduplicated: boolean }): Promise<ClaimOutcome>;
  /**
   * Repeated, it changes nothing but adds a receipt that is missing. `hasSidecar`: the sidecar of exactly this
   * recording is on stable storage already and need not be written again.
   */
  activate(
    recording: Recording,
    receipt: UploadReceipt | null,
    options?: { readonly hasSidecar?: boolean },
  ): Promise<Recording>;
  abandonClaim(id: RecordingId): Promise<void>;
  listPlacing(): Promise<readonly Recording[]>;
  addAlias(id: RecordingId, alias: RecordingAlias, receipt: UploadReceipt | null): Promise<Recording>;
  find(id: RecordingId): Promise<Recording | undefined>;
  findByChecksum(checksum: Sha256Hex): Promise<Recording | undefined>;
  findReceipt(uploadId: RecordingId): Promise<UploadReceipt | undefined>;
  /** What the recording's sidecar carries of its history. */
  sidecarHistory(id: RecordingId): Promise<readonly HistoryEntry[]>;
  /** `by` null: no person's change, which no history tells. */
  amend(
    id: RecordingId,
    amendment: RecordingAmendment,
    expectedVersion: undefined,
    by: null,
  ): Promise<Recording>;
  trash(id: RecordingId, expectedVersion: undefined, by: null): Promise<Recording>;
  restore(id: RecordingId, by: null): Promise<Recording>;
  /** `damaged` and `missing` become `active`, also behind the trash. */
  markSound(id: RecordingId): Promise<Recording>;
  /** Its bytes lie under another key now. */
  relocate(id: RecordingId, storedFilename: string): Promise<Recording>;
}
