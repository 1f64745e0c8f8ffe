import type { TakeGap } from '../../../../src/model/take-timeline.ts';

/** Both clocks of this browser: the wall clock can be set, the monotonic one begins anew with each page. */
export interface TwoClocks {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Where a take's audio ends so far: in a segment of this page, or in one that an earlier page left. */
export type AudioEnd =
  | { readonly by: 'this-page'; readonly at: TwoClocks }
  | {
      readonly by: 'earlier-page';
      /** Of the last byte, on the wall clock; null when that is not known, or the clock was set since. */
      readonly endedMs: number | null;
      /** When this page found it. */
      readonly foundAt: TwoClocks;
    };

/** Clocks drift apart by less than this unless one of them was set, or the machine slept. */
const STEADY_MS = 5_000;

/**
 * What is missing between `end` and now. Where the page goes on, the monotonic clock tells, so that a changed wall
 * clock makes no gap of a day; over a reload only the wall clock does, and what it cannot have seen is null.
 */
export function gapSince(end: AudioEnd, now: TwoClocks, cause: string): TakeGap {
  if (end.by === 'this-page') return gap(now.monotonicMs - end.at.monotonicMs, cause);
  if (end.endedMs === null) return { durationSeconds: null, cause };
  const untilFoundMs = end.foundAt.wallMs - end.endedMs;
  if (untilFoundMs < 0) return { durationSeconds: null, cause };
  return gap(untilFoundMs + now.monotonicMs - end.foundAt.monotonicMs, cause);
}

/** Whether the wall clock ran as the monotonic one did. */
export function isSteady(from: TwoClocks, to: TwoClocks): boolean {
  return Math.abs(to.wallMs - from.wallMs - (to.monotonicMs - from.monotonicMs)) < STEADY_MS;
}

function gap(ms: number, cause: string): TakeGap {
  return { durationSeconds: Math.round(Math.max(0, ms)) / 1000, cause };
}
