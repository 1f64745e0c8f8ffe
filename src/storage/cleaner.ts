import type { CleanupItem, CleanupKind, CleanupRisk } from '../model/cleanup.ts';

/** One way to make room: finds what could go, and lets it go piece by piece. */
export interface Cleaner {
  readonly kind: CleanupKind;
  readonly risk: CleanupRisk;
  /** What `count` items are and what their end means, in whole sentences. */
  describe(count: number): string;
  find(): AsyncIterable<CleanupItem>;
  /** Resolves to the bytes freed; rejects when this one could not go. */
  remove(item: CleanupItem): Promise<number>;
}
