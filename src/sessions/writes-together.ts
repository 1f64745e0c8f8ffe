import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely } from 'kysely';
import type { DatabaseSessions, SessionContext, SessionOptions } from './database-sessions.ts';
import type { StoreSchema } from './schema.ts';
import { isInWriteSession } from './write-session.ts';

/** Does all of `items` in one session; its answers stand in their order. When it rejects, none of them is done. */
export type WorkTogether<Item, Result> = (
  db: Kysely<StoreSchema>,
  context: SessionContext,
  items: readonly Item[],
) => Promise<readonly Result[]>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly answer: PromiseWithResolvers<Result>;
}

/** So that the first of a session is not kept waiting by the last. */
const MOST_TOGETHER = 64;
/** Where one write follows another this quickly, those to come are worth waiting for: so long, or until there are enough. */
const DENSE_MS = 12;
const PATIENCE_MS = 25;
const ENOUGH_TOGETHER = 8;
/** Share of the newest distance between two writes in their mean. */
const NEWEST_SHARE = 0.2;
/** A longer distance is counted as this one: a few writes in a row are soon taken for dense. */
const LONGEST_GAP_MS = 100;

/**
 * Lets writes of one kind that wait at the same time share one session, and with it its messages, queries and commit.
 * What fails in company is done once more alone, so that each write fails for its own reasons only.
 */
export class WritesTogether<Item, Result> {
  readonly #sessions: DatabaseSessions;
  readonly #options: SessionOptions;
  readonly #work: WorkTogether<Item, Result>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  /** Nobody's session, whoever asked first. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #isWriting = false;
  #meanGapMs = LONGEST_GAP_MS;
  #lastMs = Number.NEGATIVE_INFINITY;
  #enough: (() => void) | undefined;

  constructor(sessions: DatabaseSessions, options: SessionOptions, work: WorkTogether<Item, Result>) {
    this.#sessions = sessions;
    this.#options = options;
    this.#work = work;
  }

  /** Resolves after the commit. Inside a write session it becomes part of that one. */
  async run(item: Item): Promise<Result> {
    if (isInWriteSession()) return (await this.#write([item]))[0] as Result;
    const answer = Promise.withResolvers<Result>();
    this.#waiting.push({ item, answer });
    this.#noteArrival();
    if (!this.#isWriting) {
      this.#isWriting = true;
      void this.#outside(() => this.#writeAll());
    }
    return await answer.promise;
  }

  async #writeAll(): Promise<void> {
    // Who asks in the same turn of the event loop comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#meanGapMs < DENSE_MS) await this.#gather();
      await this.#writeSome(this.#waiting.splice(0, MOST_TOGETHER));
    }
    this.#isWriting = false;
  }

  #noteArrival(): void {
    const nowMs = performance.now();
    const gapMs = Math.min(nowMs - this.#lastMs, LONGEST_GAP_MS);
    this.#lastMs = nowMs;
    this.#meanGapMs += (gapMs - this.#meanGapMs) * NEWEST_SHARE;
    if (this.#waiting.length >= ENOUGH_TOGETHER) this.#enough?.();
  }

  async #gather(): Promise<void> {
    if (this.#waiting.length >= ENOUGH_TOGETHER) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#enough = resolve;
    const timer = setTimeout(resolve, PATIENCE_MS);
    await promise;
    clearTimeout(timer);
  }

  async #writeSome(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#write(group.map(({ item }) => item));
      for (const [index, { answer }] of group.entries()) answer.resolve(results[index] as Result);
    } catch (error) {
      const [first] = group;
      if (group.length === 1) first?.answer.reject(error);
      else for (const one of group) await this.#writeSome([one]);
    }
  }

  #write(items: readonly Item[]): Promise<readonly Result[]> {
    return this.#sessions.withSession(this.#options, (db, context) => this.#work(db, context, items));
  }
}
