/** The quietest level the meter and the waveform show. */
export const FLOOR_DBFS = -60;
/** From here on the input counts as clipping: the last step below full scale of a 16-bit sample is -0.0003. */
export const CLIPPING_DBFS = -0.1;
export const SCALE_MARKS_DBFS = [-60, -48, -36, -24, -12, -6, 0] as const;

/** 0 at the floor, 1 at full scale, linear in decibels. */
export function shareOfScale(dbfs: number): number {
  if (!Number.isFinite(dbfs)) return dbfs > 0 ? 1 : 0;
  return Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
}
