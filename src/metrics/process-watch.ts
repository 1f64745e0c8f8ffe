import { constants, type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import { DurationMeter } from '../model/duration-counts.ts';
import type { CountedDurations } from './sampled.ts';

const TICK_MS = 20;
/** A process that was stopped for an hour has said enough after this. */
const LONGEST_LATE_MS = 60_000;
const LATE_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const GC_BOUNDS_SECONDS = [0.001, 0.01, 0.1, 1, 2, 5];
const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

interface CollectionEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

/**
 * Watches the event loop and the garbage collector until it is closed. The library's own default metrics go on for
 * ever, one set for each server that was started; and Node's monitor of the loop forgets a stall right after a reset.
 */
export class ProcessWatch {
  readonly #late = new DurationMeter(LATE_BOUNDS_SECONDS);
  readonly #collections = new Map<string, DurationMeter>(
    Object.values(GC_KINDS).map((kind) => [kind, new DurationMeter(GC_BOUNDS_SECONDS)]),
  );
  readonly #observer: PerformanceObserver;
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as CollectionEntry[]) {
        const kind = GC_KINDS[entry.detail.kind] ?? 'other';
        this.#collections.get(kind)?.note(entry.duration / 1000);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Each moment that passed counts, as if something had come in it: a stall is not one late tick among many. */
  #tick(): void {
    const nowMs = performance.now();
    const lateMs = Math.min(LONGEST_LATE_MS, nowMs - this.#lastMs - TICK_MS);
    this.#lastMs = nowMs;
    this.#late.note(Math.max(0, lateMs) / 1000);
    for (let waitMs = lateMs - TICK_MS; waitMs > 0; waitMs -= TICK_MS) this.#late.note(waitMs / 1000);
  }

  loopDelays(): CountedDurations[] {
    return [{ labels: {}, durations: this.#late.read() }];
  }

  collections(): CountedDurations[] {
    return [...this.#collections].map(([kind, meter]) => ({ labels: { kind }, durations: meter.read() }));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#observer.disconnect();
  }
}
