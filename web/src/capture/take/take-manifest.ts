import { DEFAULT_PRESET, type Preset } from '../../../../src/model/preset.ts';
import type { TakeGap, TimelineEvent } from '../../../../src/model/take-timeline.ts';
import { fileKindOf, segmentFileName } from './audio-file.ts';

/** What this browser keeps about a take beside its audio. */
export interface TakeManifest {
  readonly takeId: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly startedAt: string;
  /** IANA name of the zone the take was made in. */
  readonly zone: string;
  readonly presetId: string;
  /** `recording` and `paused` mean that a page had the take in hand when this was written. */
  readonly phase: 'recording' | 'paused' | 'ended';
  /** Written again every half minute while a page has the take in hand. */
  readonly touchedAt: string;
  readonly segments: readonly SegmentEntry[];
  readonly markers: readonly TakeMarker[];
}

/** A moment that a person marked while recording. */
export interface TakeMarker {
  readonly id: string;
  readonly segment: number;
  /** In the segment's own audio. */
  readonly atSeconds: number;
  readonly label: string;
}

export interface TakeDetails {
  readonly title: string;
  readonly tags: readonly string[];
  readonly notes: string;
}

export interface SegmentEntry {
  readonly segment: number;
  readonly filename: string;
  /** How it is encoded. */
  readonly presetId: string;
  readonly startedAt: string;
  /** When its last sample came, on the wall clock; null until it is complete, and when an earlier page left it. */
  readonly endedAt: string | null;
  /** What is missing between the segment before and this one, and why this one began; null for the first. */
  readonly gapBefore: TakeGap | null;
  /** True once the wall clock was set, or stood still, while this was the last segment: it tells no gap after it. */
  readonly hasClockChanged: boolean;
  readonly uploadUrl: string | null;
  /** True once no byte will be added. */
  readonly isComplete: boolean;
  /** Known when complete. */
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
  readonly durationSeconds: number | null;
  /** True once the server answered with this very SHA-256. */
  readonly isSent: boolean;
  readonly recordingId: string | null;
  /** What the server was told; what differs at the end is sent as an amendment. */
  readonly told: TakeDetails | null;
  /** What was noticed while it was recorded. */
  readonly timeline: readonly TimelineEvent[];
  /** Of the markers and the timeline that the server was told; null while it knows of none. */
  readonly toldMoments: string | null;
  /** The server's sentence when it will never take these bytes. */
  readonly refusal: string | null;
}

/** Two places that are written in turn, so that a torn write always leaves the one before it. */
export interface ManifestSlots {
  /** Undefined when there is nothing. */
  read(slot: number): Promise<string | undefined>;
  /** Resolves when the text is flushed. */
  write(slot: number, text: string): Promise<void>;
}

interface Envelope {
  readonly sequence: number;
  /** Of the manifest's own JSON text. */
  readonly sha256: string;
  readonly manifest: TakeManifest;
}

export interface ManifestKeeper {
  load(): Promise<TakeManifest | undefined>;
  save(manifest: TakeManifest): Promise<void>;
}

export function createManifestKeeper(slots: ManifestSlots): ManifestKeeper {
  let sequence = 0;
  let last: Promise<void> = Promise.resolve();

  async function read(slot: number): Promise<Envelope | undefined> {
    const text = await slots.read(slot);
    if (!text) return undefined;
    try {
      const envelope = JSON.parse(text) as Envelope;
      const isWhole = envelope.sha256 === (await sha256Of(JSON.stringify(envelope.manifest)));
      return isWhole ? envelope : undefined;
    } catch {
      // A torn write: the other slot has the manifest before it.
      return undefined;
    }
  }

  return {
    async load() {
      const found = [await read(0), await read(1)].filter((envelope) => envelope !== undefined);
      const newest = found.sort((a, b) => b.sequence - a.sequence)[0];
      sequence = Math.max(sequence, newest?.sequence ?? 0);
      return newest && completeManifest(newest.manifest);
    },
    save(manifest) {
      const write = async () => {
        // A write that failed is repeated in the same slot: the other one holds the last good manifest.
        const next = sequence + 1;
        const text = JSON.stringify(manifest);
        const envelope: Envelope = { sequence: next, sha256: await sha256Of(text), manifest };
        await slots.write(next % 2, JSON.stringify(envelope));
        sequence = next;
      };
      const saved = last.then(write);
      last = saved.catch(() => {});
      return saved;
    },
  };
}

async function sha256Of(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A manifest that an earlier version of the page wrote, with the fields that were added since. */
function completeManifest(manifest: TakeManifest): TakeManifest {
  const segments = manifest.segments.map((entry) => ({
    ...newSegmentEntry(entry.segment, entry.startedAt),
    ...entry,
  }));
  return { ...manifest, segments, markers: manifest.markers ?? [] };
}

export function newSegmentEntry(
  segment: number,
  startedAt: string,
  preset: Preset = DEFAULT_PRESET,
): SegmentEntry {
  return {
    segment,
    filename: segmentFileName(segment, fileKindOf(preset)),
    presetId: preset.id,
    startedAt,
    endedAt: null,
    gapBefore: null,
    hasClockChanged: false,
    uploadUrl: null,
    isComplete: false,
    sizeBytes: null,
    sha256: null,
    durationSeconds: null,
    isSent: false,
    recordingId: null,
    told: null,
    timeline: [],
    toldMoments: null,
    refusal: null,
  };
}

/** What of the take's details the server does not know yet about this segment. */
export function untoldDetails(take: TakeDetails, told: TakeDetails | null): Partial<TakeDetails> {
  const untold: { title?: string; tags?: readonly string[]; notes?: string } = {};
  if (take.title !== told?.title) untold.title = take.title;
  if (JSON.stringify(take.tags) !== JSON.stringify(told?.tags)) untold.tags = take.tags;
  if (take.notes !== told?.notes) untold.notes = take.notes;
  return untold;
}

/** Null for none at all: of them nobody need be told. */
export async function digestOfMoments(moments: {
  readonly markers: readonly unknown[];
  readonly timeline: readonly unknown[];
}): Promise<string | null> {
  const isNone = moments.markers.length === 0 && moments.timeline.length === 0;
  return isNone ? null : sha256Of(JSON.stringify(moments));
}
