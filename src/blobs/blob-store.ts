import type { Readable } from 'node:stream';
import type { Sha256Hex } from '../model/digest.ts';
import type { ReadingPace } from './reading-pace.ts';

/** Path of stored bytes relative to the store, forward slashes: `raw/2026/11/20261122T213205Z-<id>.ogg`. */
export type BlobKey = string;

/** What is said of a blob, in the same folder. */
export interface BlobDocument {
  readonly key: BlobKey;
  readonly content: string;
}

/**
 * Where bytes rest. A key is written once and never overwritten.
 * All adapters pass `blob-store.contract.ts`.
 */
export interface BlobStore {
  /**
   * Takes over the complete, synced file at `sourcePath` under `key`, for good.
   * Resolves only when bytes and directory entry would survive a power cut; until then `key` does not exist at all.
   * A crash leaves either `sourcePath`, or `key`, or both with the same bytes.
   * `document` is written beside the bytes, as `putDocument` does, and is there whenever `key` is.
   * Placing the same bytes again is harmless. The size is always compared with what is expected, the checksum where
   * bytes are copied or found there already. Rejects with `blob-exists` (other bytes), `digest-mismatch`,
   * `file-missing` (neither source nor `key` is there), `disk-full` or `storage-failed`.
   */
  place(
    key: BlobKey,
    sourcePath: string,
    expected: { checksum: Sha256Hex; sizeBytes: number },
    document?: BlobDocument,
  ): Promise<void>;

  /** Writes a small document (a sidecar) atomically: the old or the new one is there, never a mixture. */
  putDocument(key: BlobKey, content: string): Promise<void>;

  /**
   * Takes back a document (a `.json` key) whose recording never came to be, or has moved. Harmless when there is none.
   */
  removeDocument(key: BlobKey): Promise<void>;

  /** Size of the blob, or undefined when there is none. */
  stat(key: BlobKey): Promise<{ sizeBytes: number } | undefined>;

  /** Bytes from `start` (inclusive) to `end` (exclusive). Rejects with `blob-missing`. */
  read(key: BlobKey, range?: { start: number; end: number }): Promise<Readable>;

  /** SHA-256 of what lies there now, read anew, off the event loop. Rejects with `blob-missing`. */
  checksum(key: BlobKey): Promise<{ checksum: Sha256Hex; sizeBytes: number }>;

  /** Moves what lies under `key` to `quarantine/`, never away. Resolves to its new key. */
  quarantine(key: BlobKey, reason: string): Promise<BlobKey>;
}

/** Stores whose blobs have a path of this machine's file system. */
export interface LocalPaths {
  localPath(key: BlobKey): string;
}

/** What was found where a blob should lie. */
export type BlobFinding =
  | { readonly kind: 'file'; readonly checksum: Sha256Hex; readonly sizeBytes: number }
  | { readonly kind: 'missing' }
  /** Something that is no file took its place; it was not followed or opened. */
  | { readonly kind: 'folder' | 'symbolic-link' | 'special-file' }
  /** `reason` is a whole sentence. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Stores that can say what is wrong with a blob instead of failing. */
export interface Examination {
  /**
   * Looks at what lies under `key` and reads all of it, off the event loop, at `pace`.
   * Rejects with `interrupted` when `signal` aborts; everything that is wrong with the blob is an answer.
   */
  examine(
    key: BlobKey,
    options?: { readonly signal?: AbortSignal | undefined; readonly pace?: ReadingPace | undefined },
  ): Promise<BlobFinding>;
}
