import type { HistoryEntry } from './history.ts';
import type { Recording } from './recording.ts';

export const SIDECAR_FORMAT = 'voice-recorder-pro/sidecar';
export const SIDECAR_FORMAT_VERSION = 1;

/** The document beside each audio file: what the catalogue knows about it, readable without this program. */
export interface Sidecar extends Omit<Recording, 'version' | 'storeId'> {
  readonly format: typeof SIDECAR_FORMAT;
  readonly formatVersion: typeof SIDECAR_FORMAT_VERSION;
  /** The recording's `version` when this was written; the higher one of row and sidecar is right. */
  readonly metadataVersion: number;
  /** What people changed, newest first, as far as there is room. */
  readonly history: readonly HistoryEntry[];
}

export function toSidecar(recording: Recording, history: readonly HistoryEntry[] = []): Sidecar {
  // Which store it lies in is where the sidecar lies.
  const { version, storeId: _, ...rest } = recording;
  return {
    format: SIDECAR_FORMAT,
    formatVersion: SIDECAR_FORMAT_VERSION,
    metadataVersion: version,
    ...rest,
    history,
  };
}

/**
 * The exact content of the file, ending with a line feed: the same recording with the same history always gives the
 * same bytes.
 */
export function sidecarText(recording: Recording, history: readonly HistoryEntry[] = []): string {
  const sidecar = toSidecar(recording, history);
  const ordered = Object.fromEntries(
    (Object.keys(FIELDS_IN_ORDER) as (keyof Sidecar)[]).map((field) => [field, sidecar[field]]),
  );
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

/** Complete by its type: a field that `Recording` gains must find its place here. */
const FIELDS_IN_ORDER = {
  format: true,
  formatVersion: true,
  metadataVersion: true,
  id: true,
  kind: true,
  title: true,
  filename: true,
  storedFilename: true,
  filesizeBytes: true,
  checksum: true,
  audioChecksum: true,
  audioChecksumMethod: true,
  mimeType: true,
  container: true,
  codec: true,
  duration: true,
  sampleRateHz: true,
  channels: true,
  bitDepth: true,
  bitRateBps: true,
  isPlayable: true,
  tags: true,
  notes: true,
  markers: true,
  timeline: true,
  collections: true,
  aliases: true,
  embedded: true,
  loudness: true,
  silenceShare: true,
  warnings: true,
  status: true,
  createdAt: true,
  modifiedAt: true,
  trashedAt: true,
  recordedAt: true,
  recordedAtSource: true,
  recordedAtZone: true,
  preset: true,
  takeId: true,
  segment: true,
  gapBefore: true,
  parentIds: true,
  parentId: true,
  lastVerifiedAt: true,
  sync: true,
  history: true,
} satisfies Record<keyof Sidecar, true>;

/** `raw/2026/11/x.ogg` -> `raw/2026/11/x.json` */
export function sidecarKey(storedFilename: string): string {
  return storedFilename.replace(/\.[^./]*$/, '').concat('.json');
}
