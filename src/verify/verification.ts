import type { RecordingId } from '../model/id.ts';
import type { RepairOutcome } from '../model/repair.ts';
import type {
  FixityCheck,
  ReconcileProgress,
  ReconcileReport,
  VerificationReport,
} from '../model/verification.ts';

/** Care for what is stored: every original can be read again at any time. */
export interface Verification {
  /**
   * Reads the original from its first byte to its last and says whether it is what was received; the answer is in the
   * fixity log and the catalogue. `onProgress` gets the bytes read so far.
   * Rejects with `recording-unknown`, `interrupted`, `store-marker-missing` when the store is not there any more,
   * `disk-full` or `storage-failed` when the log cannot be written, or a code of the catalogue.
   */
  verify(id: RecordingId, options?: VerifyOptions): Promise<FixityCheck>;
  /**
   * Puts one recording right, as far as it can be: what came faulty becomes a new recording without the fault, what was
   * damaged here gets its bytes back from a verified copy. `onProgress` gets how much of the file's size is done. Rejects with `recording-unknown` or `interrupted`.
   */
  repair(id: RecordingId, options?: VerifyOptions): Promise<RepairOutcome>;
  /**
   * Compares catalogue, files and sidecars and makes them agree, deleting nothing: strangers among the files are adopted,
   * recordings without a file named, sidecars brought up to date; of a sidecar and a row the higher version wins.
   * Rejects with `interrupted` or `store-marker-missing`.
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>;
  /** What was found by the last check of each recording. */
  report(): Promise<VerificationReport>;
}

/** How catalogue, files and sidecars are compared. */
export interface ReconcileOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReconcileProgress) => void;
}

/** How one recording is read again. */
export interface VerifyOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytesRead: number) => void;
}
