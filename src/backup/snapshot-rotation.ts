/** How many snapshots are kept: of the newest days and weeks that have any, the last one of each. */
export interface RotationRule {
  readonly days: number;
  readonly weeks: number;
}

/** However many were taken on one day, the last ones stay. */
const LAST_ONES = 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const NAME = /^catalogue-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z\.sqlite$/;

/** `catalogue-20261123T061500.123Z.sqlite` */
export function snapshotName(epochMs: number): string {
  return `catalogue-${new Date(epochMs).toISOString().replace(/[-:]/g, '')}.sqlite`;
}

/** When the snapshot of this name was taken, Unix ms; undefined for names that are not of the rotation. */
export function snapshotTimeMs(name: string): number | undefined {
  const [, year, month, day, hour, minute, second, ms] = NAME.exec(name) ?? [];
  if (year === undefined) return undefined;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/**
 * The snapshots that the rotation lets go. Judged by their names alone and never by the clock: a clock that was set
 * wrong makes none of them too old.
 */
export function surplusSnapshots(names: readonly string[], rule: RotationRule): string[] {
  const snapshots = names
    .flatMap((name) => {
      const timeMs = snapshotTimeMs(name);
      return timeMs === undefined ? [] : [{ name, timeMs }];
    })
    .sort((a, b) => b.timeMs - a.timeMs);
  const kept = new Set(snapshots.slice(0, LAST_ONES).map(({ name }) => name));
  const keepNewestOf = (count: number, spanOf: (timeMs: number) => number) => {
    const spans = new Set<number>();
    for (const { name, timeMs } of snapshots) {
      const span = spanOf(timeMs);
      if (spans.has(span)) continue;
      if (spans.size === count) return;
      spans.add(span);
      kept.add(name);
    }
  };
  keepNewestOf(rule.days, (timeMs) => Math.floor(timeMs / DAY_MS));
  // 1970-01-01 was a Thursday: weeks begin on Mondays.
  keepNewestOf(rule.weeks, (timeMs) => Math.floor((timeMs / DAY_MS + 3) / 7));
  return snapshots.filter(({ name }) => !kept.has(name)).map(({ name }) => name);
}
