import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type DurationCounts, DurationMeter } from '../model/duration-counts.ts';
import type { ActiveSession } from './active-session.ts';
import type { CircuitState } from './circuit.ts';

/** Latencies of so many sessions fill a histogram; two of them take turns. */
const SESSIONS_IN_HISTOGRAM = 4_096;
const LONGEST_US = 4 * 60 * 60 * 1_000_000;

/** From a read that hits a cache to a deadline. */
const DURATION_BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long all sessions took that have ended, refused ones not counted. */
export interface SessionDurations {
  readonly reads: DurationCounts;
  readonly writes: DurationCounts;
}

/** How the sessions of one database fare; times in milliseconds. */
export interface SessionMetrics {
  readonly activeSessions: number;
  readonly totalSessions: number;
  /** Sessions that rejected, for whatever reason; those that the breaker refused are among them. */
  readonly failedSessions: number;
  /** How often a session had to begin again: another process held the database, or the database gave it up. */
  readonly retriedSessions: number;
  /** Write sessions, and sessions joined to one, whose rows were undone. */
  readonly rolledBackSessions: number;
  /** From the call to the answer, of the newest 4,096 to 8,192 sessions that began, within 1 %; null before the first one. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly longestActive: {
    readonly name: string;
    readonly ageMs: number;
    readonly readonly: boolean;
  } | null;
  /** Whether the database is asked at all. */
  readonly breaker: BreakerMetrics;
}

/** The circuit breakers before a database: one for sessions that read, one for those that write. */
export interface BreakerMetrics {
  /** The worse one of both. `open`: sessions are refused at once; `half-open`: one of them tries the database. */
  readonly state: CircuitState;
  /** Since when, in UTC; null when it was closed from the beginning. */
  readonly since: string | null;
  readonly reads: CircuitState;
  readonly writes: CircuitState;
}

/** Counts sessions and keeps how long they took. */
export class SessionMeter {
  #endedSessions = 0;
  #workedSessions = 0;
  #failedSessions = 0;
  #retriedSessions = 0;
  #rolledBackSessions = 0;
  readonly #reads = new DurationMeter(DURATION_BOUNDS_SECONDS);
  readonly #writes = new DurationMeter(DURATION_BOUNDS_SECONDS);
  #newest = newHistogram();
  #older = newHistogram();

  end(session: ActiveSession, hasFailed: boolean): void {
    this.#endedSessions++;
    if (hasFailed) this.#failedSessions++;
    // What was refused says nothing about the database.
    if (!session.hasBegun) return;
    if (hasFailed && !session.isReadonly) this.#rolledBackSessions++;
    if (++this.#workedSessions % SESSIONS_IN_HISTOGRAM === 0) this.#turnOver();
    const latencyMs = performance.now() - session.startedAtMs;
    (session.isReadonly ? this.#reads : this.#writes).note(latencyMs / 1_000);
    const latencyUs = Math.round(latencyMs * 1_000);
    this.#newest.record(Math.min(LONGEST_US, Math.max(1, latencyUs)));
  }

  countRetry(): void {
    this.#retriedSessions++;
  }

  countRollback(): void {
    this.#rolledBackSessions++;
  }

  read(activeSessions: number): Omit<SessionMetrics, 'longestActive' | 'breaker'> {
    return {
      activeSessions,
      totalSessions: this.#endedSessions + activeSessions,
      failedSessions: this.#failedSessions,
      retriedSessions: this.#retriedSessions,
      rolledBackSessions: this.#rolledBackSessions,
      latencyMs: this.#percentiles(),
    };
  }

  durations(): SessionDurations {
    return { reads: this.#reads.read(), writes: this.#writes.read() };
  }

  #turnOver(): void {
    [this.#newest, this.#older] = [this.#older, this.#newest];
    this.#newest.reset();
  }

  #percentiles(): SessionMetrics['latencyMs'] {
    const both = newHistogram();
    both.add(this.#newest);
    both.add(this.#older);
    if (both.count === 0) return null;
    const at = (percent: number) => both.percentile(percent) / 1_000;
    return { p50: at(50), p95: at(95), p99: at(99) };
  }
}

function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: LONGEST_US, figures: 2 });
}
