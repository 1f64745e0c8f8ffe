import type { Recording } from '../model/recording.ts';
import { segmentNumber, sumSeconds } from '../model/take.ts';
import type { TakeGap } from '../model/take-timeline.ts';
import { durationText, shortId } from './recording-text.ts';
import { printable } from './terminal-text.ts';

/** What `vrp info --json` says of the take that a recording is a part of. */
export function takeDocument(segments: readonly Recording[]): Readonly<Record<string, unknown>> {
  return {
    takeId: segments[0]?.takeId ?? null,
    duration: totalSeconds(segments),
    segments: segments.map(({ id, segment, duration, gapBefore, storedFilename }) => ({
      id,
      segment,
      duration,
      gapBefore,
      storedFilename,
    })),
  };
}

/** The take in a terminal: one line for each part, with what is missing before it. `shownId` is marked. */
export function takeLines(segments: readonly Recording[], shownId: string): readonly string[] {
  const lines = segments.map((segment, index) => {
    const mark = segment.id === shownId ? '*' : ' ';
    const number = String(segmentNumber(segment) + 1).padStart(3);
    const length = durationText(segment.duration).padStart(8);
    const gap = index === 0 ? '' : `  ${gapText(segment.gapBefore)}`;
    return `${mark}${number} ${length}  ${shortId(segment.id)}${gap}`;
  });
  const total = durationText(totalSeconds(segments));
  return ['', `Take of ${segments.length} parts, ${total} together:`, ...lines];
}

function gapText(gap: TakeGap | null): string {
  if (gap === null) return 'after an interruption';
  const cause = printable(gap.cause.replaceAll('-', ' '));
  if (gap.durationSeconds === 0) return `after ${cause}, nothing missing`;
  if (gap.durationSeconds === null) return `after ${cause}`;
  return `after ${cause}, ${gap.durationSeconds.toFixed(1)} s missing`;
}

function totalSeconds(segments: readonly Recording[]): number {
  return sumSeconds(segments.map(({ duration }) => duration ?? 0));
}
