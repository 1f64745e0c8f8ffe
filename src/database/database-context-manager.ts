import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, systemClock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions, SessionOptions, SessionWork } from '../sessions/database-sessions.ts';
import { runInWriteSession, type WriteCrossingListener } from '../sessions/write-session.ts';
import { ActiveSession } from './active-session.ts';
import { ActiveSessions, type SlowSession } from './active-sessions.ts';
import { Circuit, type CircuitListener, worseOf } from './circuit.ts';
import { requireFreeSpace } from './free-space-guard.ts';
import { joinSession } from './joined-session.ts';
import type { OpenSession, SessionFactory } from './session-factory.ts';
import { isWorthAnotherTry } from './session-failure.ts';
import { SessionFrame } from './session-frame.ts';
import {
  type BreakerMetrics,
  type SessionDurations,
  SessionMeter,
  type SessionMetrics,
} from './session-metrics.ts';
import { SessionTraces } from './session-traces.ts';

/** Limits of sessions and who is told what; `DatabaseConfig` has the numbers. All of it has defaults. */
export interface DatabaseContextManagerConfig {
  /** Of sessions that name none; 30,000. */
  readonly deadlineMs?: number;
  /** How often a session is run again when the database gave it up and nothing of it counts; 3. */
  readonly retries?: number;
  /** What must be free on the disk for sessions with `checkDiskSpace: true`; 0. */
  readonly minFreeBytes?: number;
  /** When the work of a session counts as slow; 5,000. */
  readonly slowSessionMs?: number;
  readonly clock?: Clock;
  /** Told once of each slow session, while it is still open. */
  readonly onSlowSession?: (session: SlowSession) => void;
  /** Told when a circuit breaker opens, tries or closes. */
  readonly onCircuit?: CircuitListener;
  /** Told of slow work inside a write session; without a listener that work throws `session-write-boundary`. */
  readonly onCrossing?: WriteCrossingListener;
}

/** Gives sessions (transactions) on the store's database and measures them. Usable with `await using`. */
export class DatabaseContextManager implements DatabaseSessions, AsyncDisposable {
  readonly #factory: SessionFactory;
  readonly #config: DatabaseContextManagerConfig;
  readonly #deadlineMs: number;
  readonly #meter = new SessionMeter();
  readonly #traces = new SessionTraces();
  readonly #active: ActiveSessions;
  readonly #reads: Circuit;
  readonly #writes: Circuit;
  readonly #frames = new AsyncLocalStorage<SessionFrame>();
  readonly #countRetry = () => this.#meter.countRetry();
  readonly #countRollback = () => this.#meter.countRollback();
  #closing: Promise<void> | undefined;

  constructor(sessionFactory: SessionFactory, config: DatabaseContextManagerConfig = {}) {
    const { clock = systemClock, onCircuit = ignore, onSlowSession = ignore } = config;
    this.#factory = sessionFactory;
    this.#config = config;
    this.#deadlineMs = config.deadlineMs ?? 30_000;
    this.#active = new ActiveSessions(config.slowSessionMs ?? 5_000, (session) => {
      this.#traces.noteSlow(session.name);
      onSlowSession(session);
    });
    this.#reads = new Circuit(clock, onCircuit);
    this.#writes = new Circuit(clock, onCircuit);
  }

  /**
   * Runs `work` in one transaction; see {@link DatabaseSessions.withSession}.
   *
   * @example
   * const titles = await contexts.withSession({ readonly: true }, (db) =>
   *   db.selectFrom('recordings').select('title').limit(10).execute());
   */
  withSession<T>(options: SessionOptions, work: SessionWork<T>): Promise<T> {
    const outer = this.#frames.getStore();
    if (outer?.isOpen) {
      return joinSession(outer, options, (frame) => this.#enter(frame, work), this.#countRollback);
    }
    if (this.#closing === undefined) return this.#begin(options, work);
    return Promise.reject(new VoiceRecorderError('catalogue-failed', 'The catalogue has been closed.'));
  }

  getSessionMetrics(): SessionMetrics {
    const oldest = this.#active.oldest();
    return {
      ...this.#meter.read(this.#active.size),
      longestActive: oldest
        ? { name: oldest.name, ageMs: performance.now() - oldest.startedAtMs, readonly: oldest.isReadonly }
        : null,
      breaker: this.breaker,
    };
  }

  /** How long sessions took since the beginning, in groups that can be added up over time and over servers. */
  getSessionDurations(): SessionDurations {
    return this.#meter.durations();
  }

  /** Whether the database is asked at all. */
  get breaker(): BreakerMetrics {
    const { state, since } = worseOf(this.#reads, this.#writes);
    return { state, since, reads: this.#reads.state, writes: this.#writes.state };
  }

  /** Waits for the sessions under way; later ones are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#factory.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #begin<T>(options: SessionOptions, work: SessionWork<T>): Promise<T> {
    const { readonly: isReadonly = false, deadlineMs = this.#deadlineMs, checkDiskSpace = false } = options;
    const name = options.name ?? (isReadonly ? 'read' : 'write');
    const trace = this.#traces.take(name);
    const session = new ActiveSession(name, isReadonly, deadlineMs, this.#countRetry, trace);
    const circuit = isReadonly ? this.#reads : this.#writes;
    const attempt = () => this.#factory.run(session, (open) => this.#work(session, open, work));
    this.#active.add(session);
    let hasFailed = true;
    try {
      if (checkDiskSpace !== false) await this.#requireFreeSpace(name, checkDiskSpace);
      const result = circuit.isUntouched ? await attempt() : await circuit.run(attempt);
      hasFailed = false;
      return result;
    } catch (error) {
      if (circuit.isUntouched) await circuit.note(error);
      if (!isWorthAnotherTry(error)) throw error;
      const result = await this.#tryAgain(error, session, () => circuit.run(attempt));
      hasFailed = false;
      return result;
    } finally {
      this.#active.delete(session);
      this.#meter.end(session, hasFailed);
    }
  }

  async #tryAgain<T>(failure: unknown, session: ActiveSession, attempt: () => Promise<T>): Promise<T> {
    const { tryAgain } = await import('./session-retry.ts');
    const again = async () => {
      this.#countRetry();
      try {
        return await attempt();
      } catch (error) {
        this.#takeBack(session);
        throw error;
      }
    };
    this.#takeBack(session);
    return await tryAgain(failure, again, this.#config.retries ?? 3, session);
  }

  /** Between two attempts its deadline counts again. */
  #takeBack(session: ActiveSession): void {
    session.takeBack();
    this.#active.watch(session);
  }

  async #work<T>(session: ActiveSession, open: OpenSession, work: SessionWork<T>): Promise<T> {
    session.beginWork();
    this.#active.watch(session);
    try {
      return await this.#enter(new SessionFrame(session, open, this.#config.onCrossing), work);
    } finally {
      session.endWork();
    }
  }

  async #enter<T>(frame: SessionFrame, work: SessionWork<T>): Promise<T> {
    const inside = () => this.#frames.run(frame, work, frame.session.db, frame);
    try {
      return await (frame.request.isReadonly ? inside() : runInWriteSession(frame, inside));
    } finally {
      frame.end();
    }
  }

  async #requireFreeSpace(name: string, wish: number | true): Promise<void> {
    const minFreeBytes = wish === true ? (this.#config.minFreeBytes ?? 0) : wish;
    await requireFreeSpace(this.#factory, name, minFreeBytes);
  }
}

function ignore(): void {}
