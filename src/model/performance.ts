/** The figures of one stretch of time; rates are means of it, latencies and sizes the largest in it. */
export const PERFORMANCE_FIGURES = [
  'requestsPerSecond',
  'failedRequestsPerSecond',
  'requestP95Seconds',
  'receivedBytesPerSecond',
  'sentBytesPerSecond',
  'sessionsPerSecond',
  'sessionP95Seconds',
  'eventLoopShare',
  'processorShare',
  'memoryBytes',
  'liveTakes',
  'addedRecordings',
] as const;

export type PerformanceFigure = (typeof PERFORMANCE_FIGURES)[number];

/** How a server was doing over time, as columns: `figures.memoryBytes[3]` was at `times[3]`. */
export interface PerformancePast {
  /** Ends of the stretches in seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly stretchSeconds: number;
  /** Where the first stretch began, in seconds since 1970: when the server started, or the hours ago that were asked for. */
  readonly since: number;
  /** Null: nothing happened that could have been measured, as for the latency of no requests. */
  readonly figures: Readonly<Record<PerformanceFigure, readonly (number | null)[]>>;
}
