import type { DurationCounts } from '../model/duration-counts.ts';

/** What came between two readings of the same meters. */
export function countsSince(before: DurationCounts | undefined, now: DurationCounts): DurationCounts {
  return {
    upToSeconds: now.upToSeconds,
    counts: now.counts.map((count, group) => count - (before?.counts[group] ?? 0)),
    sumSeconds: now.sumSeconds - (before?.sumSeconds ?? 0),
  };
}

export function addCounts(all: readonly DurationCounts[]): DurationCounts | undefined {
  const [first, ...others] = all;
  if (!first) return undefined;
  const counts = first.counts.map((count, group) =>
    others.reduce((sum, other) => sum + (other.counts[group] ?? 0), count),
  );
  return { ...first, counts, sumSeconds: all.reduce((sum, { sumSeconds }) => sum + sumSeconds, 0) };
}

export function totalOf({ counts }: DurationCounts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Estimated within the group it falls into, as Prometheus does it; above all bounds the last bound. NaN of nothing. */
export function quantileSeconds(durations: DurationCounts, share: number): number {
  const { upToSeconds, counts } = durations;
  const rank = share * totalOf(durations);
  if (rank === 0) return Number.NaN;
  let seen = 0;
  for (const [group, count] of counts.entries()) {
    const upTo = upToSeconds[group];
    if (upTo === undefined) break;
    if (seen + count >= rank) {
      const from = upToSeconds[group - 1] ?? 0;
      return from + (upTo - from) * ((rank - seen) / count);
    }
    seen += count;
  }
  return upToSeconds.at(-1) ?? Number.NaN;
}
