import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { HealthCheckResult, HealthSample } from '../model/health.ts';
import { thinned } from './trend.ts';

export interface PastDesk {
  readonly clock: Clock;
  append(samples: readonly (HealthSample & { readonly name: string })[]): Promise<void>;
  read(name: string, since: string, limit: number): Promise<readonly HealthSample[]>;
  prune(name: string, before: string): Promise<boolean>;
  readonly onFault: (error: unknown) => void;
}

/** A check that stays as it is is kept so often. */
const KEEP_EVERY_MS = 10 * 60 * 1000;
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
const PRUNE_EVERY_MS = 60 * 60 * 1000;
/** Of what waits while the database takes nothing, the newest. */
const MAX_WAITING = 2_000;
const RECALLED_MS = 7 * 24 * 60 * 60 * 1000;
const MAX_RECALLED = 500;
const MAX_READ = 20_000;
/** More points than that no chart shows. */
const MAX_TOLD = 1_000;

interface Kept {
  readonly status: string;
  readonly atMs: number;
}

/** What checks found earlier: some of it at hand, all of it in the database. */
export class HealthPast {
  readonly #desk: PastDesk;
  readonly #recalled = new Map<string, HealthSample[]>();
  readonly #kept = new Map<string, Kept>();
  #waiting: (HealthSample & { readonly name: string })[] = [];
  #flushing: Promise<void> | undefined;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(desk: PastDesk) {
    this.#desk = desk;
  }

  /** The last week of a check, oldest first; nothing yet while the database is still asked for it. */
  recall(name: string): readonly HealthSample[] {
    if (!this.#recalled.has(name)) {
      this.#recalled.set(name, []);
      void this.#load(name);
    }
    return this.#recalled.get(name) ?? [];
  }

  /** Keeps a result when it tells something new, or nothing of the check was kept for a while. */
  note({ name, status, value, checkedAt }: HealthCheckResult): void {
    const last = this.#kept.get(name);
    const nowMs = performance.now();
    if (last?.status === status && nowMs - last.atMs < KEEP_EVERY_MS) return;
    this.#kept.set(name, { status, atMs: nowMs });
    this.#waiting.push({ name, at: checkedAt, status, value });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    const recalled = this.#recalled.get(name);
    recalled?.push({ at: checkedAt, status, value });
    if (recalled && recalled.length > MAX_RECALLED) recalled.shift();
  }

  /** Writes what waits. What the database does not take waits on. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await this.#desk.append(batch);
      await this.#pruneAtTimes();
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting].slice(-MAX_WAITING);
      this.#desk.onFault(error);
    }
  }

  /** Since `since`, oldest first, thinned to what a chart can show. */
  async read(name: string, since: string): Promise<readonly HealthSample[]> {
    return thinned(await this.#desk.read(name, since, MAX_READ), MAX_TOLD);
  }

  async #load(name: string): Promise<void> {
    try {
      const since = toIsoUtc(this.#desk.clock.nowMs() - RECALLED_MS);
      const older = await this.#desk.read(name, since, MAX_RECALLED);
      const newer = this.#recalled.get(name) ?? [];
      this.#recalled.set(name, [...older, ...newer]);
    } catch (error) {
      this.#recalled.delete(name);
      this.#desk.onFault(error);
    }
  }

  async #pruneAtTimes(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#prunedAtMs < PRUNE_EVERY_MS) return;
    const before = toIsoUtc(this.#desk.clock.nowMs() - KEPT_MS);
    let isMore = false;
    for (const name of this.#kept.keys()) isMore = (await this.#desk.prune(name, before)) || isMore;
    // What is left goes in the next rounds.
    if (!isMore) this.#prunedAtMs = nowMs;
  }
}
