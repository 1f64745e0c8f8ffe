import type { AudioWarning, EmbeddedTags } from './audio-facts.ts';
import type { Sha256Hex } from './digest.ts';
import type { RecordingId } from './id.ts';
import type { TakeGap, TimelineEvent } from './take-timeline.ts';

/** `take`: recorded here; `file`: brought in from outside; `edit`: rendered from other recordings. */
export type RecordingKind = 'take' | 'file' | 'edit';

export const RECORDING_STATUSES = [
  'placing',
  'finishing',
  'active',
  'archived',
  'trashed',
  'damaged',
  'missing',
] as const;
export type RecordingStatus = (typeof RECORDING_STATUSES)[number];

export interface Marker {
  readonly atSeconds: number;
  readonly label: string;
}

/** What a duplicate brought along besides its bytes; kept beside the recording it duplicates. */
export interface RecordingAlias {
  readonly filename: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly recordedAt: string | null;
  readonly addedAt: string;
}

export interface Loudness {
  readonly integratedLufs: number | null;
  readonly rangeLu: number | null;
  readonly truePeakDbtp: number | null;
}

/** One copy of a recording at a sync target. */
export interface CopyState {
  readonly target: string;
  readonly state: string;
  readonly verifiedAt: string | null;
}

/**
 * Everything known about one recording: what the catalogue keeps, the API answers and the sidecar holds.
 * Times are ISO 8601 UTC, sizes bytes, lengths seconds.
 */
export interface Recording {
  readonly id: RecordingId;
  readonly kind: RecordingKind;
  readonly title: string;
  /** The name it had where it came from, made safe to show and to save as. */
  readonly filename: string;
  /** Path relative to the data folder, with forward slashes. */
  readonly storedFilename: string;
  readonly filesizeBytes: number;
  readonly checksum: Sha256Hex;
  readonly audioChecksum: Sha256Hex | null;
  readonly audioChecksumMethod: string | null;
  readonly mimeType: string;
  readonly container: string;
  readonly codec: string;
  /** Seconds, from the audio itself. */
  readonly duration: number | null;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number | null;
  readonly bitRateBps: number | null;
  /** False when a playable rendition must be derived for browsers. */
  readonly isPlayable: boolean;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly markers: readonly Marker[];
  /** What happened while it was recorded. */
  readonly timeline: readonly TimelineEvent[];
  readonly collections: readonly string[];
  readonly aliases: readonly RecordingAlias[];
  readonly embedded: EmbeddedTags;
  readonly loudness: Loudness | null;
  readonly silenceShare: number | null;
  readonly warnings: readonly AudioWarning[];
  readonly status: RecordingStatus;
  /** Counts amendments, from 1; the sidecar carries the same number as `metadataVersion`. */
  readonly version: number;
  /** Start of receipt. */
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly trashedAt: string | null;
  readonly recordedAt: string | null;
  /** `take`, `bext`, `tags`, `filename`, `file-date` or `given`. */
  readonly recordedAtSource: string | null;
  /** IANA zone name where the recording was made, when known. */
  readonly recordedAtZone: string | null;
  readonly preset: string | null;
  readonly takeId: string | null;
  /** Position in the take, from 0. */
  readonly segment: number | null;
  /** What is missing between the segment before and this one; null for the first one and for what is no segment. */
  readonly gapBefore: TakeGap | null;
  readonly parentIds: readonly RecordingId[];
  readonly parentId: RecordingId | null;
  readonly lastVerifiedAt: string | null;
  readonly sync: readonly CopyState[];
}

/** The fields a person may change. */
export interface RecordingAmendment {
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly notes?: string;
  readonly markers?: readonly Marker[];
  readonly timeline?: readonly TimelineEvent[];
  readonly collections?: readonly string[];
}

/** A recording in a list; of a grouped one with what its take comes to, where it belongs to one. */
export interface ListedRecording extends Recording {
  readonly takeSegmentCount?: number;
  /** Seconds of all segments together. */
  readonly takeDuration?: number | null;
  readonly takeFilesizeBytes?: number;
}

/** One page of a list. `nextCursor` is null on the last one. */
export interface RecordingPage {
  readonly items: readonly ListedRecording[];
  readonly nextCursor: string | null;
}

/** Which recordings are wanted, and in which order. */
export interface RecordingQuery {
  /** Free words: title, tags, notes, file name; the last word may be unfinished. */
  readonly query?: string;
  readonly tag?: string;
  readonly cursor?: string;
  /** 1 to 500; 50 when not given. */
  readonly limit?: number;
  /** Newest first when not given. */
  readonly order?: 'newest' | 'oldest';
  /** True: a take is listed once, at its first segment that is found. */
  readonly isGrouped?: boolean;
  /** True: only what lies in the trash. False or missing: all but the trash. */
  readonly isTrashed?: boolean;
}
