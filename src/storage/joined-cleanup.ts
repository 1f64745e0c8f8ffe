import {
  CLEANUP_KINDS,
  type CleanupItem,
  type CleanupKind,
  type CleanupProgress,
  type CleanupReport,
  type Recommendation,
} from '../model/cleanup.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Cleanup, CleanupOptions } from '../stored-files.ts';
import type { Cleaner } from './cleaner.ts';

const EXAMPLES = 100;
type Failed = CleanupReport['failed'][number];

/** All ways to make room, in the order of `CLEANUP_KINDS`. */
export class JoinedCleanup implements Cleanup {
  readonly #cleaners: readonly Cleaner[];
  readonly #onProgress: (progress: CleanupProgress) => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(cleaners: readonly Cleaner[], onProgress: (progress: CleanupProgress) => void) {
    this.#cleaners = CLEANUP_KINDS.flatMap((kind) => cleaners.filter((cleaner) => cleaner.kind === kind));
    this.#onProgress = onProgress;
  }

  async recommend(): Promise<readonly Recommendation[]> {
    const all: Recommendation[] = [];
    for (const cleaner of this.#cleaners) {
      const examples: CleanupItem[] = [];
      let count = 0;
      let freesBytes = 0;
      for await (const item of cleaner.find()) {
        count++;
        freesBytes += item.bytes;
        if (examples.length < EXAMPLES) examples.push(item);
      }
      const { kind, risk } = cleaner;
      if (count > 0) all.push({ kind, count, freesBytes, risk, message: cleaner.describe(count), examples });
    }
    return all;
  }

  apply(kinds: readonly CleanupKind[], options: CleanupOptions = {}): Promise<CleanupReport> {
    const wanted = this.#cleaners.filter(({ kind }) => kinds.includes(kind));
    return this.applyThese(wanted, options);
  }

  /** Lets go what `cleaners` find, which may be others than those that were joined. */
  applyThese(cleaners: readonly Cleaner[], options: CleanupOptions = {}): Promise<CleanupReport> {
    // One after the other: two runs would find, and count, the same things.
    const mine = this.#last.then(
      () => this.#apply(cleaners, options),
      () => this.#apply(cleaners, options),
    );
    this.#last = mine;
    return mine;
  }

  async #apply(cleaners: readonly Cleaner[], { signal, onProgress }: CleanupOptions): Promise<CleanupReport> {
    const done: { kind: CleanupKind; count: number; freedBytes: number }[] = [];
    const failed: Failed[] = [];
    for (const cleaner of cleaners) {
      const items: CleanupItem[] = [];
      for await (const item of cleaner.find()) items.push(item);
      const { kind } = cleaner;
      let count = 0;
      let freedBytes = 0;
      for (const [index, item] of items.entries()) {
        if (signal?.aborted) break;
        try {
          freedBytes += await cleaner.remove(item);
          count++;
        } catch (error) {
          if (!(error instanceof VoiceRecorderError)) throw error;
          failed.push({ name: item.name, code: error.code, message: error.message });
        }
        const progress = { kind, doneCount: index + 1, totalCount: items.length, freedBytes };
        onProgress?.(progress);
        this.#onProgress(progress);
      }
      done.push({ kind, count, freedBytes });
    }
    return { done, failed, freedBytes: done.reduce((sum, { freedBytes }) => sum + freedBytes, 0) };
  }
}
