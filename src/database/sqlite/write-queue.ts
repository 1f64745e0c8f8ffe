import { AsyncLocalStorage } from 'node:async_hooks';
import { type MemberWork, sessionEnded, unlessAborted } from './member-work.ts';
import { isTransactionLost } from './sqlite-failure.ts';
import type { RunRequest, Statement, StatementResult, ThreadReply } from './sqlite-protocol.ts';
import type { SqliteThread } from './sqlite-thread.ts';

// A group ends when it is this large or too old, so that the first member is not kept waiting by the last.
const GROUP_SIZE = 128;

interface Member {
  readonly work: MemberWork<unknown>;
  readonly signal: AbortSignal;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Write sessions in the order they came. Those that wait together are committed together, by one sync. */
export class WriteQueue {
  readonly #thread: SqliteThread;
  readonly #groupAgeMs: number;
  readonly #onRetry: () => void;
  readonly #members: Member[] = [];
  #pump: Promise<void> | undefined;

  constructor(thread: SqliteThread, groupAgeMs: number, onRetry: () => void) {
    this.#thread = thread;
    this.#groupAgeMs = groupAgeMs;
    this.#onRetry = onRetry;
  }

  /** Resolves only after the commit. Rejects at once when `work` does, or when `signal` is aborted before its end. */
  run<T>(work: MemberWork<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Members run one after another from one loop; each must keep the async context of its own caller.
      const member: Member = { work: AsyncLocalStorage.bind(work), signal, resolve, reject };
      this.#members.push(member);
      signal.addEventListener('abort', () => this.#leave(member), { once: true });
      this.#pump ??= this.#commitGroups();
    });
  }

  /** Resolves when everything that was asked for has been committed or rejected. */
  async drain(): Promise<void> {
    for (let pump = this.#pump; pump !== undefined; pump = this.#pump) await pump;
  }

  #leave(member: Member): void {
    const position = this.#members.indexOf(member);
    if (position < 0) return;
    this.#members.splice(position, 1);
    member.reject(member.signal.reason);
  }

  async #commitGroups(): Promise<void> {
    // Callers of the same turn of the event loop belong to one group.
    await Promise.resolve();
    while (this.#members.length > 0) await this.#commitGroup();
    this.#pump = undefined;
  }

  async #commitGroup(): Promise<void> {
    const group = new WriteGroup(this.#thread, this.#onRetry);
    const done: { member: Member; value: unknown }[] = [];
    const openedAtMs = performance.now();
    while (done.length < GROUP_SIZE && !group.lost) {
      const member = this.#members.shift();
      if (!member) break;
      try {
        done.push({ member, value: await group.runMember(member.work, member.signal) });
      } catch (error) {
        member.reject(error);
      }
      if (performance.now() - openedAtMs > this.#groupAgeMs) break;
    }
    try {
      await group.commit();
      for (const { member, value } of done) member.resolve(value as never);
    } catch (error) {
      for (const { member } of done) member.reject(error);
    }
  }
}

/** One transaction shared by several sessions, each in a savepoint of its own. */
class WriteGroup {
  readonly #thread: SqliteThread;
  readonly #onRetry: () => void;
  #isBegun = false;
  #previousMember: RunRequest['previousMember'];
  /** Why nothing of this group can be committed any more. */
  lost: unknown;

  constructor(thread: SqliteThread, onRetry: () => void) {
    this.#thread = thread;
    this.#onRetry = onRetry;
  }

  async runMember<T>(work: MemberWork<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    let isOpen = true;
    let hasSavepoint = false;
    const execute = async (statements: readonly Statement[], isBatch: boolean) => {
      if (!isOpen) throw sessionEnded();
      const reply = this.#send({ isNewMember: !hasSavepoint, statements, isBatch });
      hasSavepoint = true;
      return this.#receive(reply);
    };
    let fate: 'keep' | 'undo' = 'undo';
    try {
      const value = await unlessAborted(work({ execute }), signal);
      if (this.lost) throw this.lost;
      fate = 'keep';
      return value;
    } finally {
      isOpen = false;
      if (hasSavepoint) this.#previousMember = fate;
    }
  }

  async commit(): Promise<void> {
    if (!this.#isBegun) return;
    // Sent even when the group is lost: it leaves no transaction open on the connection.
    const end = this.lost ? 'rollback' : 'commit';
    await this.#receive(this.#send({ statements: [], end })).catch((error: unknown) => {
      this.lost ??= error;
    });
    if (this.lost) throw this.lost;
  }

  /** Throws at once for a value that cannot be sent; then nothing has been begun by it either. */
  #send(step: Omit<RunRequest, 'kind' | 'begin' | 'previousMember'>): Promise<ThreadReply> {
    const begin = this.#isBegun ? undefined : 'write';
    const reply = this.#thread.request({ kind: 'run', ...step, begin, previousMember: this.#previousMember });
    this.#isBegun = true;
    this.#previousMember = undefined;
    return reply;
  }

  async #receive(pending: Promise<ThreadReply>): Promise<readonly StatementResult[]> {
    try {
      const reply = await pending;
      if (reply.retries > 0) this.#onRetry();
      return reply.results ?? [];
    } catch (error) {
      if (isTransactionLost(error)) this.lost ??= error;
      throw error;
    }
  }
}
