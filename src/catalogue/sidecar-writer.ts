import { eachAtOnce } from '../model/each-at-once.ts';
import { sidecarKey, sidecarText } from '../model/sidecar.ts';
import type { KnownSidecar } from '../model/sidecar-reading.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import type { SidecarOutbox } from './sidecar-outbox.ts';

const PAGE_SIZE = 200;
const PARALLEL_WRITES = 8;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;

export interface SidecarDesk {
  readonly outbox: Pick<SidecarOutbox, 'findOwed' | 'listOwed' | 'settle'>;
  /** Writes a small file atomically; resolves when it would survive a power cut. */
  readonly putDocument: (key: string, content: string) => Promise<void>;
  /** Told of each failed attempt; the writer itself tries again. */
  readonly onFailure?: (recordingId: string, error: unknown) => void;
}

interface Run {
  readonly current: Promise<void>;
  /** Begins after `current`; whoever asks meanwhile shares it. */
  next?: Promise<void>;
}

/** Writes owed sidecars: one writer at a time for each recording, and again later when the disk refuses. */
export class SidecarWriter {
  readonly #desk: SidecarDesk;
  readonly #runs = new Map<string, Run>();
  #draining: Promise<void> | undefined;
  #isDrainWanted = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #failuresInRow = 0;
  #isClosed = false;

  constructor(desk: SidecarDesk) {
    this.#desk = desk;
  }

  /**
   * Resolves when the sidecar of `id`, with everything committed before this call, is on stable storage.
   * Rejects when it could not be written; it stays owed and is tried again in the background.
   */
  flush(id: string): Promise<void> {
    assertOutsideWriteSession(`The sidecar of recording ${id}`);
    const run = this.#runs.get(id);
    if (!run) return this.#start(id);
    // The run under way may have read the recording before the change this caller waits for.
    const goOn = () => this.#runs.get(id)?.current ?? this.#start(id);
    run.next ??= run.current.then(goOn, goOn);
    return run.next;
  }

  /** Writes all owed sidecars. Resolves when none is left, or those that failed wait for their next attempt. */
  drain(): Promise<void> {
    this.#isDrainWanted = true;
    this.#draining ??= this.#drainPages().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** Starts a drain in the background: at the start of the program, and after changes nobody waits for. */
  wake(): void {
    if (this.#isClosed) return;
    this.drain().catch((error: unknown) => this.#retryLater('', error));
  }

  /** Waits for the writes under way. What is still owed is written after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    await Promise.allSettled([
      this.#draining,
      ...[...this.#runs.values()].map((run) => run.next ?? run.current),
    ]);
  }

  #start(id: string): Promise<void> {
    const current = this.#write(id).finally(() => {
      if (this.#runs.get(id)?.current === current) this.#runs.delete(id);
    });
    this.#runs.set(id, { current });
    return current;
  }

  async #write(id: string): Promise<void> {
    try {
      const owed = await this.#desk.outbox.findOwed(id);
      if (owed) await this.#writeOne(owed);
      this.#failuresInRow = 0;
    } catch (error) {
      this.#retryLater(id, error);
      throw error;
    }
  }

  async #writeOne({ recording, history }: KnownSidecar): Promise<void> {
    await this.#desk.putDocument(sidecarKey(recording.storedFilename), sidecarText(recording, history));
    await this.#desk.outbox.settle(recording.id, recording.version);
  }

  async #drainPages(): Promise<void> {
    while (this.#isDrainWanted && !this.#isClosed) {
      this.#isDrainWanted = false;
      let after = '';
      for (;;) {
        const ids = await this.#desk.outbox.listOwed(after, PAGE_SIZE);
        const last = ids.at(-1);
        if (last === undefined || this.#isClosed) break;
        await this.#flushAll(ids);
        after = last;
      }
    }
  }

  /** A failed one has been reported and waits for its next attempt; the others go on. */
  async #flushAll(ids: readonly string[]): Promise<void> {
    await eachAtOnce(ids, PARALLEL_WRITES, async (id) => {
      if (!this.#isClosed) await this.flush(id).catch(() => undefined);
    });
  }

  #retryLater(id: string, error: unknown): void {
    this.#desk.onFailure?.(id, error);
    if (this.#isClosed || this.#retryTimer) return;
    const ceilingMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failuresInRow++);
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.wake();
      },
      ceilingMs * (0.5 + Math.random() / 2),
    ).unref();
  }
}
