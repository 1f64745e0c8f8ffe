import { sessionEnded } from '../session-end.ts';
import { type SessionRequest, unlessOver } from '../session-factory.ts';
import { isTransactionLost } from '../session-failure.ts';
import type { MemberWork } from './member-work.ts';
import type { RunRequest, Statement, StatementResult, ThreadReply } from './sqlite-protocol.ts';
import type { SqliteThread } from './sqlite-thread.ts';

/** One transaction shared by several sessions, each in a savepoint of its own. */
export class WriteGroup {
  readonly #thread: SqliteThread;
  #isBegun = false;
  #previousMember: RunRequest['previousMember'];
  /** Why nothing of this group can be committed any more. */
  lost: unknown;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async runMember<T>(work: MemberWork<T>, request: SessionRequest): Promise<T> {
    request.throwIfOver();
    let isOpen = true;
    let hasSavepoint = false;
    const execute = async (statements: readonly Statement[], isBatch: boolean) => {
      if (!isOpen) throw sessionEnded();
      const reply = this.#send({ isNewMember: !hasSavepoint, statements, isBatch });
      hasSavepoint = true;
      return this.#receive(reply, request);
    };
    let fate: 'keep' | 'undo' = 'undo';
    try {
      const value = await unlessOver(work({ execute }), request);
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

  async #receive(
    pending: Promise<ThreadReply>,
    request?: SessionRequest,
  ): Promise<readonly StatementResult[]> {
    try {
      const reply = await pending;
      if (reply.retries > 0) request?.onRetry();
      return reply.results ?? [];
    } catch (error) {
      if (isTransactionLost(error)) this.lost ??= error;
      throw error;
    }
  }
}
