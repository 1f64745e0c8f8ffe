import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { type HealthCheckResult, type HealthReport, type HealthTrend, healthOf } from '../model/health.ts';
import type { Health } from './health.ts';
import type { Finding, HealthCheck } from './health-check.ts';
import type { HealthPast } from './health-past.ts';
import { runCheck } from './run-check.ts';
import { slopePerDay } from './trend.ts';

export interface MonitorDesk {
  readonly clock: Clock;
  readonly past: HealthPast;
  readonly roundMs: number;
  readonly onFault: (error: unknown) => void;
}

interface Watched {
  readonly check: HealthCheck;
  result: HealthCheckResult | undefined;
  /** By the monotonic clock. */
  dueAtMs: number;
  running: Promise<HealthCheckResult> | undefined;
  /** Since when a run goes on that was given up, ISO 8601 UTC. */
  hangingSince: string | undefined;
}

/** Asks checks one by one, each as often as it wants, and keeps what they said. */
export class HealthMonitor implements Health {
  readonly #desk: MonitorDesk;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Set<(result: HealthCheckResult) => void>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(desk: MonitorDesk) {
    this.#desk = desk;
  }

  watch(check: HealthCheck): () => void {
    if (this.#watched.has(check.name)) throw alreadyWatched(check.name);
    const watched = { check, result: undefined, dueAtMs: 0, running: undefined, hangingSince: undefined };
    this.#watched.set(check.name, watched);
    return () => {
      if (this.#watched.get(check.name) === watched) this.#watched.delete(check.name);
    };
  }

  subscribe(listener: (result: HealthCheckResult) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins the rounds; the returned function ends them. */
  start(): () => Promise<void> {
    const round = () => {
      this.#round ??= this.#askDue().finally(() => {
        this.#round = undefined;
      });
    };
    round();
    this.#timer = setInterval(round, this.#desk.roundMs).unref();
    return async () => {
      this.#closing.abort();
      clearInterval(this.#timer);
      await this.#round;
      await Promise.all([...this.#watched.values()].map(({ running }) => running));
      await this.#desk.past.flush();
    };
  }

  async report({ isFresh = false }: { readonly isFresh?: boolean } = {}): Promise<HealthReport> {
    const told = await Promise.all(
      [...this.#watched.values()].map((one) => {
        const isAsked = one.check.isLong !== true && (isFresh || one.result === undefined);
        return isAsked ? this.#ask(one) : one.result;
      }),
    );
    const checks = told.filter((result) => result !== undefined);
    const checkedAt = checks.reduce((newest, one) => (one.checkedAt > newest ? one.checkedAt : newest), '');
    return { status: healthOf(checks), checkedAt, checks };
  }

  /** Has a check asked in the next round, however long ago it was. */
  hurry(name: string): void {
    const one = this.#watched.get(name);
    if (one !== undefined) one.dueAtMs = 0;
  }

  /** Asks the checks of these names now. */
  async ask(names: readonly string[]): Promise<readonly HealthCheckResult[]> {
    const asked = names.flatMap((name) => this.#watched.get(name) ?? []);
    return await Promise.all(asked.map((one) => this.#ask(one)));
  }

  async trend(name: string, since: string): Promise<HealthTrend> {
    if (!this.#watched.has(name)) throw unknownCheck(name);
    const samples = await this.#desk.past.read(name, since);
    return { name, samples, perDay: slopePerDay(samples) };
  }

  /** One after the other, so that a round never holds the loop for longer than its longest check does; long ones go on beside. */
  async #askDue(): Promise<void> {
    for (const one of [...this.#watched.values()]) {
      if (this.#closing.signal.aborted) return;
      if (performance.now() < one.dueAtMs) continue;
      const asked = this.#ask(one);
      if (one.check.isLong !== true) await asked;
    }
    // Not waited for: a database that stands still must not hold up the next round.
    void this.#desk.past.flush();
  }

  #ask(one: Watched): Promise<HealthCheckResult> {
    one.running ??= this.#askNow(one).finally(() => {
      one.running = undefined;
    });
    return one.running;
  }

  async #askNow(one: Watched): Promise<HealthCheckResult> {
    const { check } = one;
    one.dueAtMs = performance.now() + (check.everyMs ?? 0);
    // A check that hangs is not asked again until it has come to an end.
    if (one.hangingSince !== undefined) return this.#settle(one, hanging(check.name, one.hangingSince), 0);
    const { finding, durationMs, stillRunning } = await runCheck(
      check,
      this.#desk.past.recall(check.name),
      this.#closing.signal,
    );
    if (stillRunning !== undefined) {
      one.hangingSince = toIsoUtc(this.#desk.clock.nowMs());
      void stillRunning.then(() => {
        one.hangingSince = undefined;
        one.dueAtMs = 0;
      });
    }
    return this.#settle(one, finding, durationMs);
  }

  #settle(one: Watched, finding: Finding, durationMs: number): HealthCheckResult {
    const { name, severity, unit } = one.check;
    const checkedAt = toIsoUtc(this.#desk.clock.nowMs());
    const { status, value = null, threshold = null, message, remedy = null } = finding;
    const since = one.result?.status === status ? one.result.since : checkedAt;
    const result: HealthCheckResult = {
      name,
      status,
      severity,
      value,
      threshold,
      unit,
      message,
      remedy,
      durationMs,
      checkedAt,
      since,
    };
    // What is said while everything ends is no finding.
    if (this.#closing.signal.aborted) return one.result ?? result;
    one.result = result;
    this.#desk.past.note(result);
    for (const listener of [...this.#listeners]) {
      try {
        listener(result);
      } catch (error) {
        this.#desk.onFault(error);
      }
    }
    return result;
  }
}

function hanging(name: string, since: string): Finding {
  return {
    status: 'unknown',
    message: `The check "${name}" was asked at ${since} and has given no answer since.`,
    remedy: 'What it asks, a disk or a database, stands still: look at the machine.',
  };
}

function alreadyWatched(name: string): VoiceRecorderError {
  return new VoiceRecorderError('invalid-input', `There is a health check "${name}" already.`);
}

function unknownCheck(name: string): VoiceRecorderError {
  return new VoiceRecorderError('check-unknown', `There is no health check "${name}".`);
}
