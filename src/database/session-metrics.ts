import type { Clock } from '../model/clock.ts';

const LATENCIES_KEPT = 2_048;

/** How the sessions of one database fare; times in milliseconds. */
export interface SessionMetrics {
  readonly activeSessions: number;
  readonly totalSessions: number;
  /** Sessions that rejected, for whatever reason. */
  readonly failedSessions: number;
  /** Sessions that had to begin again because another process held the database. */
  readonly retriedSessions: number;
  /** Write sessions, and sessions joined to one, whose rows were undone. */
  readonly rolledBackSessions: number;
  /** From the call to the answer, of the newest 2,048 sessions; null before the first one. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly longestActive: {
    readonly name: string;
    readonly ageMs: number;
    readonly readonly: boolean;
  } | null;
}

export interface ActiveSession {
  readonly name: string;
  readonly isReadonly: boolean;
  readonly startedAtMs: number;
}

/** Counts sessions and keeps their newest latencies. */
export class SessionMeter {
  readonly #clock: Clock;
  readonly #active = new Set<ActiveSession>();
  readonly #latenciesMs: number[] = [];
  #totalSessions = 0;
  #endedSessions = 0;
  #failedSessions = 0;
  #retriedSessions = 0;
  #rolledBackSessions = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(name: string, isReadonly: boolean): ActiveSession {
    const session = { name, isReadonly, startedAtMs: this.#clock.monotonicMs() };
    this.#active.add(session);
    this.#totalSessions++;
    return session;
  }

  end(session: ActiveSession, hasFailed: boolean): void {
    this.#active.delete(session);
    if (hasFailed) this.#failedSessions++;
    if (hasFailed && !session.isReadonly) this.#rolledBackSessions++;
    this.#latenciesMs[this.#endedSessions++ % LATENCIES_KEPT] =
      this.#clock.monotonicMs() - session.startedAtMs;
  }

  countRetry(): void {
    this.#retriedSessions++;
  }

  countRollback(): void {
    this.#rolledBackSessions++;
  }

  read(): SessionMetrics {
    return {
      activeSessions: this.#active.size,
      totalSessions: this.#totalSessions,
      failedSessions: this.#failedSessions,
      retriedSessions: this.#retriedSessions,
      rolledBackSessions: this.#rolledBackSessions,
      latencyMs: percentiles(this.#latenciesMs),
      longestActive: this.#longestActive(),
    };
  }

  #longestActive(): SessionMetrics['longestActive'] {
    // A set keeps the order of insertion: the first one is the oldest.
    const oldest = this.#active.values().next();
    if (oldest.done) return null;
    const { name, isReadonly, startedAtMs } = oldest.value;
    return { name, ageMs: this.#clock.monotonicMs() - startedAtMs, readonly: isReadonly };
  }
}

function percentiles(values: readonly number[]): SessionMetrics['latencyMs'] {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
