import { sessionEnded } from '../session-end.ts';
import { type SessionRequest, unlessOver } from '../session-factory.ts';
import { isTransactionLost } from '../session-failure.ts';
import type { MemberWork } from './member-work.ts';
import type { RunDraft, RunRequest, Statement, StatementResult, ThreadReply } from './sqlite-protocol.ts';
import type { SqliteThread } from './sqlite-thread.ts';

/**
 * One transaction shared by several sessions, each in a savepoint of its own. The first one needs none: when it fails
 * there is nothing else yet, and the transaction begins anew.
 */
export class WriteGroup {
  readonly #thread: SqliteThread;
  #isBegun = false;
  #hasKept = false;
  /** What its only member had begun is to be rolled back, by the next begin or at the end. */
  #isUndone = false;
  #previousMember: RunRequest['previousMember'];
  /** Why nothing of this group can be committed any more. */
  lost: unknown;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async runMember<T>(work: MemberWork<T>, request: SessionRequest): Promise<T> {
    request.throwIfOver();
    let isOpen = true;
    let hasBegun = false;
    const needsSavepoint = this.#hasKept;
    const execute = async (statements: readonly Statement[], isBatch: boolean) => {
      if (!isOpen) throw sessionEnded();
      const step: RunDraft = { kind: 'run', statements };
      if (isBatch) step.isBatch = true;
      if (needsSavepoint && !hasBegun) step.isNewMember = true;
      const reply = this.#send(step);
      hasBegun = true;
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
      if (hasBegun) this.#settle(fate, needsSavepoint);
    }
  }

  async commit(): Promise<void> {
    if (!this.#isBegun && !this.#isUndone) return;
    // Sent even when the group is lost: it leaves no transaction open on the connection.
    const end = this.lost || this.#isUndone ? 'rollback' : 'commit';
    this.#isBegun = true;
    await this.#receive(this.#send({ kind: 'run', statements: [], end })).catch((error: unknown) => {
      this.lost ??= error;
    });
    if (this.lost) throw this.lost;
  }

  #settle(fate: 'keep' | 'undo', hasSavepoint: boolean): void {
    if (hasSavepoint) this.#previousMember = fate;
    if (fate === 'keep') this.#hasKept = true;
    else if (!hasSavepoint) {
      this.#isBegun = false;
      this.#isUndone = true;
    }
  }

  /** Throws at once for a value that cannot be sent; then nothing has been begun by it either. */
  #send(step: RunDraft): Promise<ThreadReply> {
    if (!this.#isBegun) step.begin = 'write';
    if (this.#previousMember) step.previousMember = this.#previousMember;
    const reply = this.#thread.request(step);
    if (step.begin) this.#isUndone = false;
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
