import type { SessionRequest } from '../session-factory.ts';
import type { MemberWork } from './member-work.ts';
import { asNeighboursFailure } from './sqlite-failure.ts';
import type { SqliteThread } from './sqlite-thread.ts';
import { WriteGroup } from './write-group.ts';

// A group ends when it is this large or too old, so that the first member is not kept waiting by the last.
const GROUP_SIZE = 128;

/** A session that waits for its turn, works, and waits for the commit. */
interface Member {
  readonly turn: PromiseWithResolvers<WriteGroup>;
  /** True: what it wrote stays, if the commit succeeds. */
  readonly worked: PromiseWithResolvers<boolean>;
  readonly committed: PromiseWithResolvers<void>;
}

/** Write sessions in the order they came. Those that wait together are committed together, by one sync. */
export class WriteQueue {
  readonly #thread: SqliteThread;
  readonly #groupAgeMs: number;
  readonly #members: Member[] = [];
  #pump: Promise<void> | undefined;

  constructor(thread: SqliteThread, groupAgeMs: number) {
    this.#thread = thread;
    this.#groupAgeMs = groupAgeMs;
  }

  /** Resolves only after the commit. Rejects at once when `work` does, or when the session is over before its end. */
  async run<T>(work: MemberWork<T>, request: SessionRequest): Promise<T> {
    const member: Member = {
      turn: Promise.withResolvers(),
      worked: Promise.withResolvers(),
      committed: Promise.withResolvers(),
    };
    this.#members.push(member);
    const leave = request.onOver((reason) => this.#leave(member, reason));
    this.#pump ??= this.#commitGroups();
    // One loop serves all; behind this line each is in the async context of its own caller again.
    const group = await member.turn.promise;
    leave();
    let isKept = false;
    try {
      const value = await group.runMember(work, request);
      isKept = true;
      member.worked.resolve(true);
      await member.committed.promise;
      return value;
    } finally {
      if (!isKept) member.worked.resolve(false);
    }
  }

  /** Resolves when everything that was asked for has been committed or rejected. */
  async drain(): Promise<void> {
    for (let pump = this.#pump; pump !== undefined; pump = this.#pump) await pump;
  }

  #leave(member: Member, reason: unknown): void {
    const position = this.#members.indexOf(member);
    if (position < 0) return;
    this.#members.splice(position, 1);
    member.turn.reject(reason);
  }

  async #commitGroups(): Promise<void> {
    // Callers of the same turn of the event loop belong to one group.
    await Promise.resolve();
    while (this.#members.length > 0) await this.#commitGroup();
    this.#pump = undefined;
  }

  async #commitGroup(): Promise<void> {
    const group = new WriteGroup(this.#thread);
    const done: Member[] = [];
    const openedAtMs = performance.now();
    while (done.length < GROUP_SIZE && !group.lost) {
      const member = this.#members.shift();
      if (!member) break;
      member.turn.resolve(group);
      if (await member.worked.promise) done.push(member);
      if (performance.now() - openedAtMs > this.#groupAgeMs) break;
    }
    // Lost before the commit by the doing of one: nothing of the others counts, and they may begin again.
    const failure = group.lost ? asNeighboursFailure(group.lost) : undefined;
    try {
      await group.commit();
      for (const member of done) member.committed.resolve();
    } catch (error) {
      for (const member of done) member.committed.reject(failure ?? error);
    }
  }
}
