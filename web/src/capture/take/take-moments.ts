import { newId } from '../../../../src/model/id.ts';
import type { Marker } from '../../../../src/model/recording.ts';
import type { TimelineEvent } from '../../../../src/model/take-timeline.ts';
import type { ShownEvent, ShownMarker } from '../capture-port.ts';
import type { EventLog } from '../watchdog/event-log.ts';
import { digestOfMoments, type TakeMarker } from './take-manifest.ts';
import type { TakeRecord } from './take-record.ts';

const MOST_MARKERS = 2_000;
const LONGEST_LABEL = 500;
/** The newest are shown; all are kept. */
const MOST_SHOWN = 100;
/** Events that still go on change ten times a second: the disk need not follow. */
const KEEP_EVERY_MS = 1_000;

export interface ShownMoments {
  readonly markers: readonly ShownMarker[];
  readonly events: readonly ShownEvent[];
}

/** What belongs to moments of a take: a person's markers, and what the watchdog noticed. */
export class TakeMoments {
  readonly #record: TakeRecord;
  readonly #onChange: (moments: ShownMoments) => void;
  #running: { readonly segment: number; readonly log: EventLog } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(record: TakeRecord, onChange: (moments: ShownMoments) => void) {
    this.#record = record;
    this.#onChange = onChange;
  }

  /** From now on what is noticed belongs to this segment. */
  follow(segment: number, log: EventLog): void {
    this.#running = { segment, log };
    log.onChange = () => {
      this.#timer ??= setTimeout(() => void this.#keep(segment, log), KEEP_EVERY_MS);
    };
    if (log.events().length > 0) log.onChange();
  }

  /** Writes what the segment's timeline says now, before the next one is followed. */
  async keep(): Promise<void> {
    if (this.#running) await this.#keep(this.#running.segment, this.#running.log);
  }

  async addMarker(
    position: { readonly segment: number; readonly atSeconds: number },
    nowMs: number,
  ): Promise<void> {
    const { markers } = this.#record.manifest;
    if (markers.length >= MOST_MARKERS) return;
    // To the millisecond.
    const atSeconds = Math.round(position.atSeconds * 1000) / 1000;
    const marker: TakeMarker = { id: newId(nowMs), segment: position.segment, atSeconds, label: '' };
    await this.#changeMarkers([...markers, marker]);
  }

  async labelMarker(id: string, label: string): Promise<void> {
    const kept = label.replaceAll('\0', '').slice(0, LONGEST_LABEL);
    await this.#changeMarkers(
      this.#record.manifest.markers.map((marker) => (marker.id === id ? { ...marker, label: kept } : marker)),
    );
  }

  async removeMarker(id: string): Promise<void> {
    await this.#changeMarkers(this.#record.manifest.markers.filter((marker) => marker.id !== id));
  }

  /** In seconds of the whole take. */
  shown(): ShownMoments {
    const { segments, markers } = this.#record.manifest;
    const startOf = new Map<number, number>();
    let startSeconds = 0;
    for (const { segment, durationSeconds } of segments) {
      startOf.set(segment, startSeconds);
      startSeconds += durationSeconds ?? 0;
    }
    const events = segments.flatMap(({ segment, timeline }) =>
      timeline.map(({ atSeconds, ...event }) => ({
        ...event,
        takeSeconds: (startOf.get(segment) ?? 0) + atSeconds,
      })),
    );
    return {
      markers: markers.map(({ id, segment, atSeconds, label }) => ({
        id,
        takeSeconds: (startOf.get(segment) ?? 0) + atSeconds,
        label,
      })),
      events: events.slice(-MOST_SHOWN),
    };
  }

  async #keep(segment: number, log: EventLog): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const timeline = log.events();
    if (JSON.stringify(timeline) === JSON.stringify(this.#record.entry(segment)?.timeline)) return;
    const kept = this.#record.changeSegment(segment, { timeline });
    this.#onChange(this.shown());
    await kept;
  }

  async #changeMarkers(markers: readonly TakeMarker[]): Promise<void> {
    const kept = this.#record.change({ markers });
    this.#onChange(this.shown());
    await kept;
  }
}

export interface Moments {
  readonly markers: readonly Marker[];
  readonly timeline: readonly TimelineEvent[];
}

/** What of a segment's moments the server does not know yet; null when it knows all. */
export async function untoldMoments(
  record: TakeRecord,
  segment: number,
): Promise<{ readonly moments: Moments; readonly digest: string | null } | null> {
  const entry = record.entry(segment);
  if (!entry) return null;
  const markers = record.manifest.markers
    .filter((marker) => marker.segment === segment)
    .map(({ atSeconds, label }) => ({ atSeconds, label }));
  const moments = { markers, timeline: entry.timeline };
  const digest = await digestOfMoments(moments);
  return digest === entry.toldMoments ? null : { moments, digest };
}
