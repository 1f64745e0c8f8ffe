import { AsyncLocalStorage } from 'node:async_hooks';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Clock, systemClock } from '../model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type {
  DatabaseSessions,
  SessionContext,
  SessionOptions,
  SessionWork,
} from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { runInWriteSession } from '../sessions/write-session.ts';
import type { OpenSession, SessionFactory } from './session-factory.ts';
import { SessionMeter, type SessionMetrics } from './session-metrics.ts';
import { isTransactionLost } from './sqlite/sqlite-failure.ts';

const DEADLINE_MS = 30_000;

export interface DatabaseContextManagerConfig {
  /** Of sessions that name none; 30,000 when not given. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/** A session, or one joined to it, as those inside it find it. */
interface Frame {
  readonly name: string;
  readonly isReadonly: boolean;
  readonly session: OpenSession;
  readonly context: SessionContext;
  readonly depth: number;
  isOpen: boolean;
  /** Joined sessions take turns: savepoints of one connection are a stack. */
  lastJoined: Promise<unknown>;
}

/** Gives sessions (transactions) on the store's database and measures them. Usable with `await using`. */
export class DatabaseContextManager implements DatabaseSessions, AsyncDisposable {
  readonly #factory: SessionFactory;
  readonly #deadlineMs: number;
  readonly #meter: SessionMeter;
  readonly #frames = new AsyncLocalStorage<Frame>();
  #closing: Promise<void> | undefined;

  constructor(sessionFactory: SessionFactory, config: DatabaseContextManagerConfig = {}) {
    this.#factory = sessionFactory;
    this.#deadlineMs = config.deadlineMs ?? DEADLINE_MS;
    this.#meter = new SessionMeter(config.clock ?? systemClock);
  }

  /**
   * Runs `work` in one transaction; see {@link DatabaseSessions.withSession}.
   *
   * @example
   * const titles = await contexts.withSession({ readonly: true }, (db) =>
   *   db.selectFrom('recordings').select('title').limit(10).execute());
   */
  async withSession<T>(options: SessionOptions, work: SessionWork<T>): Promise<T> {
    const outer = this.#frames.getStore();
    if (outer?.isOpen) return this.#join(outer, options, work);
    if (this.#closing !== undefined)
      throw new VoiceRecorderError('catalogue-failed', 'The catalogue has been closed.');
    const isReadonly = options.readonly ?? false;
    const name = options.name ?? (isReadonly ? 'read' : 'write');
    const deadline = startDeadline(name, options.deadlineMs ?? this.#deadlineMs);
    const active = this.#meter.begin(name, isReadonly);
    let hasFailed = true;
    try {
      const request = { isReadonly, signal: deadline.signal, onRetry: () => this.#meter.countRetry() };
      const result = await this.#factory.run(request, async (session) => {
        const context: SessionContext = { signal: deadline.signal, batch: session.batch };
        const frame = {
          name,
          isReadonly,
          session,
          context,
          depth: 0,
          isOpen: true,
          lastJoined: Promise.resolve(),
        };
        return this.#runFrame(frame, work).finally(deadline.clear);
      });
      hasFailed = false;
      return result;
    } finally {
      deadline.clear();
      this.#meter.end(active, hasFailed);
    }
  }

  getSessionMetrics(): SessionMetrics {
    return this.#meter.read();
  }

  /** Waits for the sessions under way; later ones are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#factory.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runFrame<T>(frame: Frame, work: SessionWork<T>): Promise<T> {
    const { signal } = frame.context;
    const end = () => {
      frame.isOpen = false;
    };
    signal.addEventListener('abort', end, { once: true });
    try {
      const run = () => this.#frames.run(frame, () => work(frame.session.db, frame.context));
      return await (frame.isReadonly ? run() : runInWriteSession(frame.name, () => frame.isOpen, run));
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async #join<T>(outer: Frame, options: SessionOptions, work: SessionWork<T>): Promise<T> {
    const name = options.name ?? outer.name;
    const isReadonly = options.readonly ?? false;
    if (outer.isReadonly && !isReadonly) {
      throw new VoiceRecorderError(
        'session-write-boundary',
        `The session "${name}" wants to write inside "${outer.name}", which only reads. ` +
          'Open the outer one for writing, or write after it.',
      );
    }
    const before = outer.lastJoined;
    const turn = Promise.withResolvers<void>();
    outer.lastJoined = turn.promise;
    await before;
    try {
      const frame = { ...outer, name, depth: outer.depth + 1, isOpen: true, lastJoined: Promise.resolve() };
      return await (isReadonly ? this.#runFrame(frame, work) : this.#runJoined(frame, work));
    } finally {
      turn.resolve();
    }
  }

  async #runJoined<T>(frame: Frame, work: SessionWork<T>): Promise<T> {
    const { db } = frame.session;
    const savepoint = sql.id(`joined_${frame.depth}`);
    await sql`SAVEPOINT ${savepoint}`.execute(db);
    try {
      const result = await this.#runFrame(frame, work);
      await sql`RELEASE SAVEPOINT ${savepoint}`.execute(db);
      return result;
    } catch (error) {
      this.#meter.countRollback();
      await undo(db, savepoint);
      throw error;
    }
  }
}

/** Harmless when the whole session is gone already: then there is nothing left to undo. */
async function undo(db: Kysely<StoreSchema>, savepoint: RawBuilder<unknown>): Promise<void> {
  try {
    await sql`ROLLBACK TO SAVEPOINT ${savepoint}`.execute(db);
    await sql`RELEASE SAVEPOINT ${savepoint}`.execute(db);
  } catch (error) {
    if (!isTransactionLost(error) && failureCodeOf(error) !== 'catalogue-failed') throw error;
  }
}

function startDeadline(name: string, deadlineMs: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `The session "${name}" did not end within ${deadlineMs} ms; what it wrote was undone.`;
    controller.abort(new VoiceRecorderError('session-deadline', message));
  }, deadlineMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
