import type { Sha256Hex } from '../model/digest.ts';

/** Path below the target's own root, forward slashes; of a copy the same as in the store. */
export type FarKey = string;

export interface FarObject {
  readonly key: FarKey;
  readonly sizeBytes: number;
}

/** What was read, and how much. */
export interface FarDigest {
  readonly checksum: Sha256Hex;
  readonly sizeBytes: number;
}

export interface Shipment {
  readonly key: FarKey;
  /** A local file that nobody changes. */
  readonly path: string;
  readonly checksum: Sha256Hex;
  readonly sizeBytes: number;
}

export type OnBytes = (bytesDone: number) => void;

/**
 * A place for copies: an object store, another disk, a cloud. All adapters pass `copy-target.contract.ts`.
 * Every call may reject with `target-unreachable`, `target-busy`, `target-failed` (all of them worth another try),
 * `target-missing`, `target-login-refused`, `target-forbidden`, `target-clock-skewed`, `target-full` or `interrupted`.
 */
export interface CopyTarget {
  stat(key: FarKey): Promise<FarObject | undefined>;

  /**
   * Begins to send a large file; the answer, kept by the caller, lets a later `send` go on where this one ended.
   * Null: it is sent in one piece.
   */
  begin(shipment: Shipment): Promise<string | null>;

  /**
   * Sends a file, in what was begun under `session`, and only what is not there already. The object appears whole or not at
   * all, and takes the place of whatever lies under `key`. Rejects with `digest-mismatch` when the local bytes are not
   * those of `checksum` (nothing appears then), with `copy-session-lost` when `session` is not known any more.
   */
  send(shipment: Shipment, session: string | null, onBytes?: OnBytes): Promise<void>;

  /** Gives up what was begun; harmless when it is not known. */
  abandon(key: FarKey, session: string): Promise<void>;

  /** Reads the whole object. Rejects with `copy-missing`. */
  digest(key: FarKey, onBytes?: OnBytes): Promise<FarDigest>;

  /**
   * Reads the object into the local file at `path`, which goes on where an earlier call was cut, and syncs it.
   * Rejects with `copy-missing`, `disk-full` or `storage-failed`.
   */
  fetch(key: FarKey, path: string, onBytes?: OnBytes): Promise<FarDigest>;

  /** A small text, in place of an older one. */
  putDocument(key: FarKey, content: string): Promise<void>;

  /** Undefined when there is none. Rejects with `copy-mismatch` when it is longer than documents are. */
  readDocument(key: FarKey): Promise<string | undefined>;

  /** Harmless when there is none. */
  remove(key: FarKey): Promise<void>;

  /** Objects below `prefix` (a folder with its slash, or nothing for all), in the order of keys, from behind `after`. */
  list(
    prefix: string,
    after: FarKey,
  ): Promise<{ readonly objects: readonly FarObject[]; readonly isMore: boolean }>;

  close(): Promise<void>;
}

/** The longest text that is taken for a document. */
export const DOCUMENT_BYTES = 64 * 1024 * 1024;
