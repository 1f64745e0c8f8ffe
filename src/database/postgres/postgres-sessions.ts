import pg, { type Pool, type PoolClient } from 'pg';
import { VoiceRecorderError } from '../../model/failure.ts';
import {
  type OpenSession,
  type SessionFactory,
  type SessionRequest,
  unlessOver,
} from '../session-factory.ts';
import { cancelStatement } from './cancel-statement.ts';
import { type PostgresSettings, placeName, poolSettings } from './connection-settings.ts';
import { setUpOnce } from './direct-connection.ts';
import { leaveMark, MarkSlots, makeMark } from './marks.ts';
import { kyselyOn } from './postgres-dialect.ts';
import { toFailure } from './postgres-failure.ts';
import { type Beginning, PostgresSession, type SessionDesk } from './postgres-session.ts';
import { settleCommit } from './settle-commit.ts';

// Above every deadline that sessions come with by themselves: the end of statements nobody could cancel any more.
const STATEMENT_LIMIT_MS = 60_000;

/**
 * Sessions on one PostgreSQL database, each a transaction on a connection of a pool. A pgbouncer in transaction mode may
 * stand in between: nothing is kept on a connection beyond a transaction then.
 */
export class PostgresSessions implements SessionFactory {
  readonly #settings: PostgresSettings;
  readonly #place: string;
  readonly #pool: Pool;
  readonly #slots = new MarkSlots();
  readonly #open = new Set<Promise<unknown>>();
  readonly #searchPath: string;
  #leavesMarks = false;
  #closing: Promise<void> | undefined;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
    this.#place = placeName(settings);
    this.#searchPath = pg.escapeIdentifier(settings.schema);
    // Queries of one session that wait for nothing of each other go out together.
    this.#pool = new pg.Pool({ ...poolSettings(settings), pipeline: true } as pg.PoolConfig);
    // An idle connection that breaks is replaced by the next session's; nobody's work was on it.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#pool.on('remove', (client) => this.#slots.release(client));
  }

  get settings(): PostgresSettings {
    return this.#settings;
  }

  /** The database as it is named to people. */
  get place(): string {
    return this.#place;
  }

  /** Once the tables are there: each write session leaves a mark from here on. */
  leaveMarks(): void {
    this.#leavesMarks = true;
  }

  run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    const session = this.#run(request, work);
    this.#open.add(session);
    const leave = () => this.#open.delete(session);
    session.then(leave, leave);
    return session;
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#open).then(() => this.#pool.end());
    return this.#closing;
  }

  async #run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T> {
    const session = new PostgresSession(this.#deskFor(request.isReadonly));
    const db = kyselyOn(session);
    const opened: OpenSession = {
      db,
      batch: async (queries) => {
        const results = await Promise.all(queries.map((query) => session.execute(query)));
        return results.map(({ changedRows }) => changedRows);
      },
    };
    let value: T;
    try {
      value = await unlessOver(work(opened), request);
      request.throwIfOver();
    } catch (error) {
      await session.abandon(request.isOver);
      throw error;
    }
    await session.commit();
    return value;
  }

  #deskFor(isReadonly: boolean): SessionDesk {
    return {
      place: this.#place,
      isReadonly,
      take: () => this.#take(isReadonly),
      giveBack: (client, isSpent) => client.release(isSpent),
      cancel: (client) => cancelStatement(client, this.#settings),
      settle: (mark, fault) => settleCommit({ settings: this.#settings, place: this.#place, mark, fault }),
    };
  }

  async #take(isReadonly: boolean): Promise<{ client: PoolClient; beginning: Beginning }> {
    let client: PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      const isDirect = await setUpOnce(client, this.#settingsOf('SESSION'));
      return { client, beginning: this.#beginning(client, isReadonly, isDirect) };
    } catch (error) {
      client?.release(true);
      throw toFailure(error, this.#place, false);
    }
  }

  #beginning(client: PoolClient, isReadonly: boolean, isDirect: boolean): Beginning {
    const begin = isReadonly
      ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
      : 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
    const mark = this.#leavesMarks && !isReadonly ? this.#slots.next(client) : undefined;
    if (isDirect) {
      const messages = mark ? [{ text: begin }, leaveMark(mark)] : [{ text: begin }];
      return { messages, mark, isMarkLeft: mark !== undefined, isFirstStatementSafe: true };
    }
    // One message with all of it: a pooler gives the connection to somebody else after each transaction.
    const steps = [begin, ...this.#settingsOf('LOCAL'), ...(mark ? [makeMark(mark)] : [])];
    const messages = [{ text: steps.join('; ') }];
    return { messages, mark, isMarkLeft: false, isFirstStatementSafe: isReadonly };
  }

  #settingsOf(scope: 'SESSION' | 'LOCAL'): string[] {
    const limitMs = this.#settings.statementLimitMs ?? STATEMENT_LIMIT_MS;
    const settings = [
      `search_path TO ${this.#searchPath}`,
      `statement_timeout TO ${limitMs}`,
      `idle_in_transaction_session_timeout TO ${limitMs}`,
      // 0 would mean to wait for ever.
      `lock_timeout TO ${Math.max(1, this.#settings.busyLimitMs)}`,
      // What was changed is noted with who did it, for those who share the database.
      `voice_recorder.writer TO '${this.#slots.process}'`,
    ].map((setting) => `SET ${scope} ${setting}`);
    const isLocal = scope === 'LOCAL';
    // A statement whose session could not begin must not count on its own.
    if (!isLocal) settings.push('SET SESSION default_transaction_read_only TO on');
    return [...settings, keepCommits(isLocal)];
  }
}

// A server may be told to answer commits before they are on stable storage; ours are answered when they are.
function keepCommits(isLocal: boolean): string {
  return `SELECT set_config('synchronous_commit', 'on', ${isLocal}) WHERE current_setting('synchronous_commit') = 'off'`;
}

function closed(): VoiceRecorderError {
  return new VoiceRecorderError('catalogue-failed', 'The catalogue has been closed.');
}
