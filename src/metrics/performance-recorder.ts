import { performance as loopWatch } from 'node:perf_hooks';
import type { DurationCounts } from '../model/duration-counts.ts';
import { PERFORMANCE_FIGURES, type PerformanceFigure, type PerformancePast } from '../model/performance.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import type { HttpMeter } from './http-meter.ts';
import { addCounts, countsSince, quantileSeconds, totalOf } from './quantile.ts';

type Stretch = Readonly<Record<PerformanceFigure, number>>;

interface Reading {
  readonly atMs: number;
  readonly requests: DurationCounts | undefined;
  readonly failed: DurationCounts | undefined;
  readonly sessions: DurationCounts | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly added: number;
  readonly cpuUs: number;
  readonly loop: ReturnType<typeof loopWatch.eventLoopUtilization>;
}

export interface PerformanceRecorderOptions {
  readonly http: HttpMeter;
  readonly recorder: Pick<VoiceRecorder, 'figures' | 'contextManager'>;
  /** 15 when not given. */
  readonly stretchSeconds?: number;
}

const KEPT_SECONDS = 24 * 60 * 60;
const POINTS_AT_MOST = 360;
/** Of these the largest of many stretches is told; of the others the mean. */
const LARGEST: ReadonlySet<PerformanceFigure> = new Set([
  'requestP95Seconds',
  'sessionP95Seconds',
  'memoryBytes',
  'liveTakes',
]);

/** Notes every few seconds how a server is doing, and keeps a day of it in less than a megabyte of memory. */
export class PerformanceRecorder {
  readonly #options: PerformanceRecorderOptions;
  readonly #stretchSeconds: number;
  readonly #size: number;
  readonly #times: Float64Array;
  readonly #columns: Readonly<Record<PerformanceFigure, Float64Array>>;
  readonly #timer: NodeJS.Timeout;
  readonly #beganAt = Date.now() / 1000;
  #count = 0;
  #last: Reading;

  constructor(options: PerformanceRecorderOptions) {
    this.#options = options;
    this.#stretchSeconds = options.stretchSeconds ?? 15;
    this.#size = Math.ceil(KEPT_SECONDS / this.#stretchSeconds);
    this.#times = new Float64Array(this.#size);
    this.#columns = Object.fromEntries(
      PERFORMANCE_FIGURES.map((name) => [name, new Float64Array(this.#size)]),
    ) as Record<PerformanceFigure, Float64Array>;
    this.#last = this.#read();
    this.#timer = setInterval(() => this.note(), this.#stretchSeconds * 1000).unref();
  }

  /** Ends a stretch now. */
  note(): void {
    const now = this.#read();
    const stretch = this.#between(this.#last, now);
    this.#last = now;
    const at = this.#count % this.#size;
    this.#times[at] = Date.now() / 1000;
    for (const name of PERFORMANCE_FIGURES) this.#columns[name][at] = stretch[name];
    this.#count++;
  }

  /** The last `hours`, in 360 points at most. */
  past(hours: number): PerformancePast {
    // Whoever asks right after the start is told of the start.
    if (this.#count === 0) this.note();
    const from = Date.now() / 1000 - hours * 3600;
    const known = Math.min(this.#count, this.#size);
    const kept = Array.from({ length: known }, (_, n) => (this.#count - known + n) % this.#size).filter(
      (at) => (this.#times[at] ?? 0) > from,
    );
    const perPoint = Math.max(1, Math.ceil((hours * 3600) / this.#stretchSeconds / POINTS_AT_MOST));
    // Counted from the newest backwards, so that the last point is a whole one.
    const groups: number[][] = [];
    for (let end = kept.length; end > 0; end -= perPoint)
      groups.unshift(kept.slice(Math.max(0, end - perPoint), end));
    const figures = Object.fromEntries(
      PERFORMANCE_FIGURES.map((name) => [name, groups.map((group) => this.#summary(name, group))]),
    ) as Record<PerformanceFigure, (number | null)[]>;
    const times = groups.map((group) => Math.round(this.#times[group.at(-1) ?? 0] ?? 0));
    const since = Math.round(Math.max(this.#beganAt, from));
    return { times, stretchSeconds: perPoint * this.#stretchSeconds, since, figures };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #summary(name: PerformanceFigure, group: readonly number[]): number | null {
    const values = group
      .map((at) => this.#columns[name][at] ?? Number.NaN)
      .filter((value) => !Number.isNaN(value));
    if (values.length === 0) return null;
    const sum = values.reduce((total, value) => total + value, 0);
    if (name === 'addedRecordings') return sum;
    const value = LARGEST.has(name) ? Math.max(...values) : sum / values.length;
    return Number(value.toPrecision(4));
  }

  #read(): Reading {
    const { http, recorder } = this.#options;
    const durations = http.durations();
    const { reads, writes } = recorder.contextManager.getSessionDurations();
    const { user, system } = process.cpuUsage();
    return {
      atMs: performance.now(),
      requests: addCounts(durations.map((line) => line.durations)),
      failed: addCounts(
        durations.filter(({ labels }) => labels['status'] === '5xx').map((line) => line.durations),
      ),
      sessions: addCounts([reads, writes]),
      receivedBytes: http.receivedBytes,
      sentBytes: http.sentBytes,
      added: Object.values(recorder.figures().added).reduce((sum, count) => sum + count, 0),
      cpuUs: user + system,
      loop: loopWatch.eventLoopUtilization(),
    };
  }

  #between(before: Reading, now: Reading): Stretch {
    const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
    const since = (kind: 'requests' | 'failed' | 'sessions') => {
      const counted = now[kind];
      return counted ? countsSince(before[kind], counted) : { upToSeconds: [], counts: [], sumSeconds: 0 };
    };
    const [requests, sessions] = [since('requests'), since('sessions')];
    return {
      requestsPerSecond: totalOf(requests) / seconds,
      failedRequestsPerSecond: totalOf(since('failed')) / seconds,
      requestP95Seconds: quantileSeconds(requests, 0.95),
      receivedBytesPerSecond: (now.receivedBytes - before.receivedBytes) / seconds,
      sentBytesPerSecond: (now.sentBytes - before.sentBytes) / seconds,
      sessionsPerSecond: totalOf(sessions) / seconds,
      sessionP95Seconds: quantileSeconds(sessions, 0.95),
      eventLoopShare: loopWatch.eventLoopUtilization(now.loop, before.loop).utilization,
      processorShare: (now.cpuUs - before.cpuUs) / 1e6 / seconds,
      memoryBytes: process.memoryUsage.rss(),
      liveTakes: this.#options.recorder.figures().arriving.take ?? 0,
      addedRecordings: now.added - before.added,
    };
  }
}
