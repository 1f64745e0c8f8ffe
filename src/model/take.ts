import { safeFileName } from './file-name.ts';
import { type JoinPlan, planJoin } from './join-plan.ts';
import type { Marker, Recording, RecordingAmendment } from './recording.ts';
import type { TimelineEvent } from './take-timeline.ts';

/** Something missing between two segments of a take, or nothing where it was only split. */
export interface TakeJoint {
  /** Number of the segment before. */
  readonly afterSegment: number;
  /** Where in the joined audio. */
  readonly atSeconds: number;
  /** How much is missing on the clock; null when nobody could tell. */
  readonly durationSeconds: number | null;
  /** As the recorder gave it, or `segment-missing` where whole segments are not there. */
  readonly cause: string;
}

/** The one file that a take's segments make together. */
export interface JoinedAudio {
  readonly mimeType: string;
  readonly container: string;
  readonly codec: string;
  /** The coded audio of the segments as it is; false when it is decoded and encoded to FLAC. */
  readonly isCopy: boolean;
  readonly filename: string;
}

/** A take as one: what a person recorded between Record and Stop, in however many segments it came. */
export interface Take {
  readonly takeId: string;
  /** Of the first segment, and so are tags, notes and collections. */
  readonly title: string;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly collections: readonly string[];
  /** In their order, one for each number. */
  readonly segments: readonly Recording[];
  /** Numbers before the last one that have not arrived, or lie in the trash while others do not. */
  readonly missingSegments: readonly number[];
  /** No segment is still on its way to this server, as far as it knows. */
  readonly isComplete: boolean;
  readonly isTrashed: boolean;
  /** Seconds of all segments together; null when nothing could tell. */
  readonly duration: number | null;
  readonly filesizeBytes: number;
  /** Where in the joined audio each segment begins. */
  readonly startsSeconds: readonly number[];
  /** True once the joined file was made; before that lossy segments may begin some hundredths of a second later. */
  readonly hasExactPositions: boolean;
  readonly gaps: readonly TakeJoint[];
  /** Of all segments, at their places in the joined audio. */
  readonly markers: readonly Marker[];
  readonly timeline: readonly TimelineEvent[];
  readonly joined: JoinedAudio | null;
  /** Why there is no joined file; null when there is one, or will be. */
  readonly joinedProblem: string | null;
  /** Changes with every change of a segment; what `If-Match` expects. */
  readonly version: string;
}

/** What a person may change about a whole take. */
export type TakeAmendment = Pick<RecordingAmendment, 'title' | 'tags' | 'notes' | 'collections'>;

/**
 * The segments of a take out of all recordings that bear its id: those in the library, or when none is left there
 * those in the trash; of several with the same number the longest. Superseded ones in the quarantine never count.
 */
export function chooseSegments(recordings: readonly Recording[]): readonly Recording[] {
  const present = recordings.filter(
    ({ status, storedFilename }) => status !== 'placing' && !storedFilename.startsWith('quarantine/'),
  );
  const kept = present.filter(({ status }) => status !== 'trashed');
  const byNumber = new Map<number, Recording>();
  for (const recording of kept.length > 0 ? kept : present) {
    const known = byNumber.get(segmentNumber(recording));
    const isLonger = known === undefined || (recording.duration ?? 0) > (known.duration ?? 0);
    if (isLonger) byNumber.set(segmentNumber(recording), recording);
  }
  return [...byNumber.values()].sort((a, b) => segmentNumber(a) - segmentNumber(b));
}

export function segmentNumber({ segment }: Pick<Recording, 'segment'>): number {
  return segment ?? 0;
}

/** How these segments are joined; the ending of a lone one is that of its file. */
export function planTake(segments: readonly Recording[]): JoinPlan | undefined {
  const stored = segments[0]?.storedFilename ?? '';
  return planJoin(segments, stored.slice(stored.lastIndexOf('.') + 1));
}

/** Sums in another order differ in their last digits, and 31 seconds must not be shown as 30. */
export function sumSeconds(parts: readonly number[]): number {
  return Math.round(parts.reduce((sum, seconds) => sum + seconds, 0) * 1e6) / 1e6;
}

/** What is known of a take besides its segments. */
export interface TakeState {
  readonly isComplete: boolean;
  readonly version: string;
  /** Of the joined file, when it was made. */
  readonly made: { readonly plan: JoinPlan; readonly startsSeconds: readonly number[] } | undefined;
}

/** `segments` as {@link chooseSegments} gave them, at least one. */
export function describeTake(takeId: string, segments: readonly Recording[], state: TakeState): Take {
  const [first] = segments;
  if (first === undefined) throw new Error(`Take ${takeId} has no segment.`);
  const starts = state.made?.startsSeconds ?? sumStarts(segments);
  const plan = state.made?.plan ?? planTake(segments);
  const durations = segments.flatMap(({ duration }) => (duration === null ? [] : [duration]));
  const numbers = new Set(segments.map(segmentNumber));
  const lastNumber = Math.max(...numbers);
  return {
    takeId,
    title: first.title,
    tags: first.tags,
    notes: first.notes,
    collections: first.collections,
    segments,
    missingSegments: Array.from({ length: Math.min(lastNumber, 10_000) }, (_, number) => number).filter(
      (number) => !numbers.has(number),
    ),
    isComplete: state.isComplete,
    isTrashed: first.status === 'trashed',
    duration: durations.length === 0 ? null : sumSeconds(durations),
    filesizeBytes: segments.reduce((sum, { filesizeBytes }) => sum + filesizeBytes, 0),
    startsSeconds: starts,
    hasExactPositions: state.made !== undefined || segments.length === 1,
    gaps: jointsOf(segments, starts),
    markers: segments.flatMap(({ markers }, index) => markers.map((one) => moved(one, starts[index] ?? 0))),
    timeline: segments.flatMap(({ timeline }, index) =>
      timeline.map((one) => moved(one, starts[index] ?? 0)),
    ),
    joined: plan === undefined ? null : joinedAudio(plan, first),
    joinedProblem:
      plan === undefined ? 'The segments have more than 8 channels, which no joined file can hold.' : null,
    version: state.version,
  };
}

function joinedAudio(plan: JoinPlan, first: Recording): JoinedAudio {
  const { kind, mimeType, container, codec, extension } = plan;
  const filename = kind === 'original' ? first.filename : safeFileName(`${first.title}.${extension}`);
  return { mimeType, container, codec, isCopy: kind !== 'encode', filename };
}

function sumStarts(segments: readonly Recording[]): number[] {
  let end = 0;
  return segments.map(({ duration }) => {
    const start = end;
    end += duration ?? 0;
    return start;
  });
}

function jointsOf(segments: readonly Recording[], starts: readonly number[]): TakeJoint[] {
  const [first] = segments;
  const joints = segments.slice(1).map((segment, index): TakeJoint => {
    const before = segmentNumber(segments[index] ?? segment);
    const place = { afterSegment: before, atSeconds: starts[index + 1] ?? 0 };
    if (segmentNumber(segment) > before + 1)
      return { ...place, durationSeconds: null, cause: 'segment-missing' };
    const { durationSeconds, cause } = segment.gapBefore ?? { durationSeconds: null, cause: 'unknown' };
    return { ...place, durationSeconds, cause };
  });
  if (first === undefined || segmentNumber(first) === 0) return joints;
  const lost = { afterSegment: segmentNumber(first) - 1, atSeconds: 0, durationSeconds: null };
  return [{ ...lost, cause: 'segment-missing' }, ...joints];
}

function moved<T extends { readonly atSeconds: number }>(one: T, bySeconds: number): T {
  return { ...one, atSeconds: one.atSeconds + bySeconds };
}
