/** Where time comes from. Time-outs use the monotonic clock, dates the wall clock. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** `2026-11-22T21:32:05.123Z` */
export function toIsoUtc(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
