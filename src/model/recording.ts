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
  /** The store whose folder has the file, where several share a catalogue. Not there: this one. */
  readonly storeId?: string;
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

/** The fields a person may change. What is added or removed leaves alone whatever else is there. */
export interface RecordingAmendment {
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly notes?: string;
  readonly markers?: readonly Marker[];
  readonly timeline?: readonly TimelineEvent[];
  readonly collections?: readonly string[];
  readonly addCollections?: readonly string[];
  readonly removeCollections?: readonly string[];
  /** ISO 8601 with its zone; null: not known. `recordedAtSource` becomes `person`. */
  readonly recordedAt?: string | null;
}

/** A recording in a list; of a grouped one with what its take comes to, where it belongs to one. */
export interface ListedRecording extends Recording {
  readonly takeSegmentCount?: number;
  /** Seconds of all segments together. */
  readonly takeDuration?: number | null;
  readonly takeFilesizeBytes?: number;
  /** Of a search: where it matched, in the order of the texts. */
  readonly matches?: readonly SearchMatch[];
  /** The part of the notes around the first match in them, in UTF-16 units. */
  readonly notesExcerpt?: { readonly start: number; readonly length: number };
}

/** A place in a text of a recording where the search matched, in UTF-16 units. */
export interface SearchMatch {
  readonly field: 'title' | 'notes';
  readonly start: number;
  readonly length: number;
}

/** A word that was searched for and that no recording has, and the like ones that were searched for instead. */
export interface SearchCorrection {
  readonly from: string;
  readonly to: readonly string[];
}

/** One page of a list. `nextCursor` is null on the last one. */
export interface RecordingPage {
  readonly items: readonly ListedRecording[];
  readonly nextCursor: string | null;
  /** Not empty: the search found nothing as it was typed, and this is what like words found. */
  readonly corrections?: readonly SearchCorrection[];
}

/** All orders a list can have. */
export const RECORDING_ORDERS = [
  'newest',
  'oldest',
  'title',
  'title-reverse',
  'longest',
  'shortest',
  'largest',
  'smallest',
  'relevance',
] as const;
/**
 * Which recordings of a list come first. `relevance` goes with a search: the newest matches by how well they match, then
 * all older ones, newest first.
 */
export type RecordingOrder = (typeof RECORDING_ORDERS)[number];

/** What narrows a list; all of it must hold. */
export interface RecordingFilters {
  readonly tag?: string;
  readonly collection?: string;
  /**
   * Recorded then or later; received, where nobody knows when it was recorded. ISO 8601: a moment, or a day by UTC.
   * With `from` or `to`, newest and oldest go by that date, except in a search.
   */
  readonly from?: string;
  /** Recorded before that moment, or at the latest on that day. */
  readonly to?: string;
  /** Seconds. */
  readonly minDuration?: number;
  /** Seconds. */
  readonly maxDuration?: number;
  /** As {@link formatKeyOf} names it: `opus`, `flac`, `wav`. */
  readonly format?: string;
  readonly kind?: RecordingKind;
  /** True: only those with remarks about their files; false: only those without. */
  readonly hasWarnings?: boolean;
}

/** Which recordings are wanted, and in which order. */
export interface RecordingQuery extends RecordingFilters {
  /**
   * Words, all of which must be in title, tags, notes or file name; the last one may be unfinished. Words in quotes
   * stand together as they are; a word with a hyphen before it must not be there.
   */
  readonly query?: string;
  readonly cursor?: string;
  /** 1 to 500; 50 when not given. */
  readonly limit?: number;
  /** Newest first when not given. */
  readonly order?: RecordingOrder;
  /** True: a take is listed once, at its first segment that is found. */
  readonly isGrouped?: boolean;
  /** True: only what lies in the trash. False or missing: all but the trash. */
  readonly isTrashed?: boolean;
}

/** The word people use for the format: the codec, or the container of what is not coded. */
export function formatKeyOf({ codec, container }: Pick<Recording, 'codec' | 'container'>): string {
  return codec.startsWith('pcm_') ? (container.split(',')[0] ?? container) : codec;
}
