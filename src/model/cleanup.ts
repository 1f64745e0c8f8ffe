/** What room can be made of, the harmless before the final. */
export const CLEANUP_KINDS = ['derived', 'uploads', 'snapshots', 'trash', 'refused', 'duplicates'] as const;
/** One of {@link CLEANUP_KINDS}. */
export type CleanupKind = (typeof CLEANUP_KINDS)[number];

/**
 * What is lost. `none`: it is made again when it is wanted. `low`: a second copy, or what nobody came back for.
 * `final`: the only copy goes. `review`: somebody should look at each one; done only when it is asked for by name.
 */
export type CleanupRisk = 'none' | 'low' | 'final' | 'review';

/** One way to make room. Nothing of it happens by itself. */
export interface Recommendation {
  readonly kind: CleanupKind;
  readonly count: number;
  readonly freesBytes: number;
  readonly risk: CleanupRisk;
  /** What would go and what that means, for a person. */
  readonly message: string;
  /** The first hundred, by what they are called. */
  readonly examples: readonly CleanupItem[];
}

/** One thing that could go. */
export interface CleanupItem {
  /** A title, or a path relative to the data folder. */
  readonly name: string;
  readonly bytes: number;
  /** Of the recording or upload, where it is one. */
  readonly id: string | null;
}

/** What became of it. One item that failed kept no other from going. */
export interface CleanupReport {
  readonly done: readonly {
    readonly kind: CleanupKind;
    readonly count: number;
    readonly freedBytes: number;
  }[];
  readonly freedBytes: number;
  readonly failed: readonly { readonly name: string; readonly code: string; readonly message: string }[];
}

/** How far the items of one kind are. */
export interface CleanupProgress {
  readonly kind: CleanupKind;
  readonly doneCount: number;
  readonly totalCount: number;
  readonly freedBytes: number;
}
