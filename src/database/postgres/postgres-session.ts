import type { CompiledQuery } from 'kysely';
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { VoiceRecorderError } from '../../model/failure.ts';
import { storableValue } from '../../sessions/storable-value.ts';
import { sessionEnded } from '../session-end.ts';
import { makeMark, type SessionMark } from './marks.ts';
import type { PostgresResult, PostgresTarget } from './postgres-dialect.ts';
import { isConnectionLost, toFailure } from './postgres-failure.ts';

/** How a session begins on the connection it was given. */
export interface Beginning {
  /** Sent in one go. */
  readonly messages: readonly QueryConfig[];
  /** What a session that writes leaves behind. */
  readonly mark: SessionMark | undefined;
  /** True: the last message leaves the mark where its row is there already, and says whether it was. */
  readonly isMarkLeft: boolean;
  /** True: a statement that goes out together with these changes nothing should they fail. */
  readonly isFirstStatementSafe: boolean;
}

/** What one session takes from the pool it belongs to. */
export interface SessionDesk {
  readonly place: string;
  readonly isReadonly: boolean;
  /** A free connection, and how to begin on it. Rejects as {@link toFailure} says. */
  take(): Promise<{ readonly client: PoolClient; readonly beginning: Beginning }>;
  /** Gives the connection back; `isSpent`: closes it. */
  giveBack(client: PoolClient, isSpent: boolean): void;
  /** Asks the server to stop the running statement. */
  cancel(client: PoolClient): void;
  /** Resolves when the session with this mark turned out to be committed. */
  settle(mark: SessionMark | undefined, fault: unknown): Promise<void>;
}

// A server that does not answer a request to stop within this ends the statement by its own limit.
const STOP_LIMIT_MS = 5_000;

/** One transaction on one pooled connection; it begins with its first statement. */
export class PostgresSession implements PostgresTarget {
  readonly #desk: SessionDesk;
  #begun: Promise<PoolClient> | undefined;
  #client: PoolClient | undefined;
  #beginning: Beginning | undefined;
  /** What the server answered to it. */
  #answered: Promise<readonly QueryResult[]> | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #isOpen = true;
  #isLost = false;
  /** The first statement that failed: PostgreSQL lets nothing of the session count after it. */
  #fault: VoiceRecorderError | undefined;

  constructor(desk: SessionDesk) {
    this.#desk = desk;
  }

  async execute(query: CompiledQuery): Promise<PostgresResult> {
    if (!this.#isOpen) throw sessionEnded();
    this.#begun ??= this.#begin();
    const client = await this.#begun;
    if (!this.#isOpen) throw sessionEnded();
    const result = await this.#send(client, { text: query.sql, values: query.parameters.map(storableValue) });
    return { rows: result.rows, changedRows: result.rowCount ?? 0 };
  }

  /** Resolves when what was written is on stable storage; rejects when nothing of it counts, or nobody can tell. */
  async commit(): Promise<void> {
    this.#isOpen = false;
    const client = this.#client;
    if (!client) return;
    if (this.#isLost) {
      this.#giveBack(client, true);
      throw this.#fault ?? sessionEnded();
    }
    // What only read has nothing to wait for.
    if (this.#desk.isReadonly) return this.#end(client);
    let fault: unknown;
    try {
      await this.#requireMark(client);
      const { command } = await client.query('COMMIT');
      this.#giveBack(client, false);
      if (command === 'COMMIT') return;
      fault = this.#fault;
    } catch (error) {
      if (isConnectionLost(error)) {
        // The mark's row stays this connection's own until it is known what became of it.
        return this.#desk.settle(this.#beginning?.mark, error).finally(() => this.#giveBack(client, true));
      }
      this.#giveBack(client, true);
      fault = this.#fault ?? toFailure(error, this.#desk.place, true);
    }
    throw fault ?? rolledBack(this.#desk.place);
  }

  /** Undoes everything; never rejects. `isAborted`: without waiting for what is running. */
  async abandon(isAborted: boolean): Promise<void> {
    this.#isOpen = false;
    // One that is still being connected is given back as soon as it comes.
    const client = this.#client ?? (isAborted ? undefined : await this.#begun?.catch(() => undefined));
    if (!client) {
      this.#begun?.then(
        (late) => this.#giveBack(late, true),
        () => undefined,
      );
      return;
    }
    if (this.#isLost) this.#giveBack(client, true);
    else if (isAborted) void this.#stop(client);
    else await this.#end(client);
  }

  async #begin(): Promise<PoolClient> {
    const { client, beginning } = await this.#desk.take();
    this.#client = client;
    this.#beginning = beginning;
    this.#answered = Promise.all(beginning.messages.map((message) => this.#send(client, message)));
    // The first query goes out with it where that is safe, instead of waiting for the answer.
    this.#answered.catch(() => undefined);
    if (!beginning.isFirstStatementSafe) await this.#answered;
    return client;
  }

  /** Rejects when the session could not begin: then there is nothing to be committed. */
  async #requireMark(client: PoolClient): Promise<void> {
    const left = (await this.#answered)?.at(-1);
    const { mark, isMarkLeft } = this.#beginning ?? {};
    if (mark && isMarkLeft && left?.rowCount === 0) await client.query(makeMark(mark));
  }

  async #send(client: PoolClient, query: QueryConfig): Promise<QueryResult> {
    const sent = client.query(query);
    this.#running.add(sent);
    try {
      return await sent;
    } catch (error) {
      if (isConnectionLost(error)) this.#isLost = true;
      this.#fault ??= toFailure(error, this.#desk.place, this.#isLost);
      throw this.#fault;
    } finally {
      this.#running.delete(sent);
    }
  }

  /** The connection is closed only once the statement is: a pooler forgets how to stop one whose asker is gone. */
  async #stop(client: PoolClient): Promise<void> {
    if (this.#running.size > 0) {
      this.#desk.cancel(client);
      const tooLong = Promise.withResolvers<void>();
      const timer = setTimeout(tooLong.resolve, STOP_LIMIT_MS);
      await Promise.race([Promise.allSettled(this.#running), tooLong.promise]);
      clearTimeout(timer);
    }
    this.#giveBack(client, true);
  }

  #giveBack(client: PoolClient, isSpent: boolean): void {
    if (this.#client !== client && this.#client !== undefined) return;
    this.#client = undefined;
    this.#begun = undefined;
    this.#desk.giveBack(client, isSpent);
  }

  async #end(client: PoolClient): Promise<void> {
    const ending = client.query('ROLLBACK').then(
      () => this.#giveBack(client, false),
      () => this.#giveBack(client, true),
    );
    if (!this.#desk.isReadonly) await ending;
  }
}

function rolledBack(place: string): VoiceRecorderError {
  return new VoiceRecorderError('catalogue-failed', `The session on ${place} was rolled back at its end.`, {
    details: { isTransactionLost: true, isRetryable: false },
  });
}
