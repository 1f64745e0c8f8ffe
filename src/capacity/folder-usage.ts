import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { startThread } from '../threads/start-thread.ts';

/** How many files there are, and how large they are together. */
export interface FolderUsage {
  readonly count: number;
  readonly bytes: number;
}

export interface Measurement<Kind extends string> {
  readonly usage: Readonly<Record<Kind, FolderUsage>>;
  readonly measuredAt: string;
}

/** A measurement is good for five seconds, or for as many times as long as it took to make. */
const LEAST_AGE_MS = 5_000;
const AGE_FACTOR = 20;

/** Counts what lies in folders, in a thread of its own, and not more often than it is worth. */
export class FolderUsages<Kind extends string> {
  readonly #places: Readonly<Record<Kind, readonly string[]>>;
  readonly #clock: Clock;
  #last: { readonly measurement: Measurement<Kind>; readonly staleMs: number } | undefined;
  #running: Promise<Measurement<Kind>> | undefined;

  /** `places`: folders and single files of each kind. */
  constructor(places: Readonly<Record<Kind, readonly string[]>>, clock: Clock) {
    this.#places = places;
    this.#clock = clock;
  }

  /** Not older than a measurement may be. Rejects with `storage-failed`. */
  async measure(): Promise<Measurement<Kind>> {
    const last = this.#last;
    if (last && this.#clock.monotonicMs() < last.staleMs) return last.measurement;
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  /** The last measurement, however old; undefined before the first one. A new one is made meanwhile. */
  glance(): Measurement<Kind> | undefined {
    this.measure().catch(() => {
      // Who waits for a measurement is told; who only glances sees the last one.
    });
    return this.#last?.measurement;
  }

  /** Something was removed: the next look has to be a new one. */
  forget(): void {
    if (this.#last) this.#last = { ...this.#last, staleMs: 0 };
  }

  async #measure(): Promise<Measurement<Kind>> {
    const startMs = this.#clock.monotonicMs();
    const usage = await askWorker<Readonly<Record<Kind, FolderUsage>>>(this.#places);
    const endMs = this.#clock.monotonicMs();
    const measurement = { usage, measuredAt: new Date(this.#clock.nowMs()).toISOString() };
    this.#last = {
      measurement,
      staleMs: endMs + Math.max(LEAST_AGE_MS, (endMs - startMs) * AGE_FACTOR),
    };
    return measurement;
  }
}

function askWorker<Answer>(places: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const worker = startThread(siblingModule(import.meta.url, 'folder-usage-worker'), { workerData: places });
    // A process that ends does not wait for a count.
    worker.unref();
    worker.once('message', resolve);
    worker.once('error', (cause) =>
      reject(
        new VoiceRecorderError('storage-failed', 'What lies in the store could not be counted.', { cause }),
      ),
    );
    worker.once('exit', () =>
      reject(new VoiceRecorderError('storage-failed', 'Counting what lies in the store was broken off.')),
    );
  });
}
