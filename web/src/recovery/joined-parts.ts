/** Where a position of the joined take lies: in which part, and how far into it. */
export interface PartPosition {
  readonly index: number;
  readonly seconds: number;
}

export function joinedLength(partSeconds: readonly number[]): number {
  return partSeconds.reduce((sum, seconds) => sum + seconds, 0);
}

/** Seconds of the joined take before part `index`. */
export function startOfPart(partSeconds: readonly number[], index: number): number {
  return joinedLength(partSeconds.slice(0, index));
}

/** A position at a seam belongs to the later part, and the very end to the last. */
export function findPart(partSeconds: readonly number[], position: number): PartPosition {
  let rest = Math.max(0, position);
  for (const [index, seconds] of partSeconds.entries()) {
    if (rest < seconds || index === partSeconds.length - 1)
      return { index, seconds: Math.min(rest, seconds) };
    rest -= seconds;
  }
  return { index: 0, seconds: 0 };
}
