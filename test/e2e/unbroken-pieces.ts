import type { TimelineEvent } from '../../src/model/take-timeline.ts';

/** Samples from `from` (inclusive) to `to` (exclusive). */
interface Piece {
  readonly from: number;
  readonly to: number;
}

const WITHOUT_AUDIO = ['drop-out', 'page-frozen', 'paused'];
/** As exactly as a loss is placed. */
const ABOUT_SECONDS = 0.2;

/**
 * Where nothing is missing, as the timeline says: all of it on a calm machine. On a busy one a browser may drop sound,
 * which has to be told; what lies between is whole all the same.
 */
export function unbrokenPieces(
  timeline: readonly TimelineEvent[],
  sampleCount: number,
  sampleRateHz: number,
): readonly Piece[] {
  const about = Math.round(ABOUT_SECONDS * sampleRateHz);
  const breaks = timeline
    .filter(({ kind }) => WITHOUT_AUDIO.includes(kind))
    .map(({ atSeconds }) => Math.round(atSeconds * sampleRateHz))
    .sort((a, b) => a - b);
  const pieces: Piece[] = [];
  let from = 0;
  for (const at of breaks) {
    pieces.push({ from, to: at - about });
    from = at + about;
  }
  pieces.push({ from, to: sampleCount });
  // Too short to be found again in what was played.
  const long = pieces.filter(({ from, to }) => to - from >= sampleRateHz);
  return breaks.length === 0 || long.length === 0 ? [{ from: 0, to: sampleCount }] : long;
}
