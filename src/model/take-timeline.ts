import { VoiceRecorderError } from './failure.ts';

/**
 * Something that a recorder noticed while a take was made, or that happened to it. Known kinds: `silence` (samples that
 * stand still), `channel-silent` (one of two), `quiet` (below -60 dBFS), `clipping`, `drop-out` (samples missing),
 * `paused`, `device-lost`, `device-changed`, `muted`, `page-frozen`, `clock-changed`, `storage-failed`. Others may follow.
 */
export interface TimelineEvent {
  readonly kind: string;
  /** Position in this recording's own audio. */
  readonly atSeconds: number;
  /** How long it lasted on the clock; 0 for a moment. Of what is missing (`drop-out`, `paused`) the audio holds nothing. */
  readonly durationSeconds: number;
  readonly note?: string;
}

/**
 * What lies between the end of a take's segment and the beginning of the next. Causes: `split` (nothing is missing),
 * `paused`, `reload`, `device-changed`, `device-lost`, `encoder-failed`, `storage-failed`, `asleep`, `unknown`.
 */
export interface TakeGap {
  /** On the clock; null when the clocks could not tell. */
  readonly durationSeconds: number | null;
  readonly cause: string;
}

export const TIMELINE_LIMITS = { events: 10_000, note: 500 } as const;

const WORD = /^[a-z][a-z0-9-]{0,39}$/;

export function isTimelineWord(text: string): boolean {
  return WORD.test(text);
}

/** The events in the order of the audio. Throws `invalid-input`. */
export function checkTimeline(events: readonly TimelineEvent[]): TimelineEvent[] {
  if (events.length > TIMELINE_LIMITS.events) {
    throw invalid(`has ${events.length} events; at most ${TIMELINE_LIMITS.events} are possible`);
  }
  return events.map(checkEvent).sort((a, b) => a.atSeconds - b.atSeconds);
}

function checkEvent({ kind, atSeconds, durationSeconds, note }: TimelineEvent): TimelineEvent {
  if (!isTimelineWord(kind))
    throw invalid(`has an event of the kind "${kind.slice(0, 80)}"; expected a word in small letters`);
  for (const seconds of [atSeconds, durationSeconds]) {
    if (!Number.isFinite(seconds) || seconds < 0) {
      throw invalid(`has an event "${kind}" with ${seconds} seconds; expected a number from 0 on`);
    }
  }
  if (note === undefined) return { kind, atSeconds, durationSeconds };
  const clean = note.toWellFormed().normalize('NFC');
  if (clean.includes('\0') || [...clean].length > TIMELINE_LIMITS.note) {
    throw invalid(`has a note that is longer than ${TIMELINE_LIMITS.note} characters or contains a NUL`);
  }
  return { kind, atSeconds, durationSeconds, note: clean };
}

function invalid(what: string): VoiceRecorderError {
  return new VoiceRecorderError('invalid-input', `The timeline ${what}.`);
}
