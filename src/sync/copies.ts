import type { Copy, CopyFault, CopyProgress, CopyStateName, TargetReport } from '../model/copy.ts';
import type { RecordingId } from '../model/id.ts';
import type { TargetTrial } from './test-target.ts';

/** Copies of recordings at other places. What is sent where is said on the command line only. */
export interface Copies {
  /** How each target stands, in the order they were added. */
  targets(): Promise<readonly TargetReport[]>;
  /** Newest recordings first. Rejects with `target-unknown`. */
  list(filter?: CopyQuery): Promise<readonly Copy[]>;
  /**
   * Sends, reads back and compares everything that is owed, until nothing is. What goes wrong with a copy or a whole target
   * is in the answer. Rejects with `target-unknown`, `recording-unknown`, or `interrupted` when `signal` aborts.
   */
  sync(options?: SyncOptions): Promise<SyncSummary>;
  /** Finds out what is owed, for whoever wants to know before it is sent. Rejects with `target-unknown`. */
  plan(options?: Pick<SyncOptions, 'target'>): Promise<SyncPlan>;
  /** Has failed copies tried again, conflicts too. Resolves to their number. Rejects with `target-unknown`. */
  retry(options?: { readonly target?: string; readonly ids?: readonly RecordingId[] }): Promise<number>;
  /** Writes, reads back, finds and removes an object. Rejects with `target-unknown`. */
  test(target: string): Promise<readonly TargetTrial[]>;
}

/** Which copies are wanted; all when nothing is given. */
export interface CopyQuery {
  readonly target?: string | undefined;
  readonly state?: CopyStateName | undefined;
  readonly recordingId?: RecordingId | undefined;
  /** Of each target: 1 to 500; 100 when not given. */
  readonly limit?: number | undefined;
}

/** What is to be synced, and who hears of it. */
export interface SyncOptions {
  /** All targets when not given. */
  readonly target?: string;
  /** Only these, whether they are due or not. */
  readonly ids?: readonly RecordingId[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** What a sync would send. */
export interface SyncPlan {
  readonly copies: number;
  readonly bytes: number;
}

/** What a sync came to. */
export interface SyncSummary {
  readonly verified: number;
  readonly failed: number;
  /** Targets that could not be spoken to, and why. */
  readonly faults: readonly ({ readonly target: string } & CopyFault)[];
}
