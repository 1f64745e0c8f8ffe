import type { BlobKey } from './blob-store.ts';

/** Stores that can remove bytes for good. To be called for nothing but a person's word. */
export interface BlobRemoval {
  /**
   * Removes what lies under `key`; resolves to the bytes freed, 0 when nothing was there, once its end would survive
   * a power cut. A folder in its place is left alone and rejects with `storage-failed`.
   */
  remove(key: BlobKey): Promise<number>;

  /** Keys of what was moved to quarantine of the recording with this id, whose bytes lie or lay under `key`. */
  quarantinedOf(key: BlobKey, id: string): Promise<readonly BlobKey[]>;
}
