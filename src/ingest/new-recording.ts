import { AMENDMENT_LIMITS, tagKey } from '../model/amendment.ts';
import type { AudioFacts, AudioWarning } from '../model/audio-facts.ts';
import { oneLine, safeFileName, titleFromFileName } from '../model/file-name.ts';
import type { Recording } from '../model/recording.ts';
import type { SpooledFile } from '../model/upload.ts';
import { findRecordedAt, isZone } from './recorded-at.ts';

export interface NewRecordingOptions {
  /** IANA zone of dates that name none; the machine's own when not given. */
  readonly localZone?: string;
  /** Added to what the probe remarked. */
  readonly warnings?: readonly AudioWarning[];
}

/** Asked once: the answer costs more than all else that is done here, and Node itself keeps it. */
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * The recording that these bytes become: what people said goes before what the file says, and that before its name.
 * Text that could not be kept as it is (too long, hidden marks) is mended, for bytes must not be lost over a title.
 */
export function newRecording(
  spooled: SpooledFile,
  facts: AudioFacts,
  options: NewRecordingOptions = {},
): Recording {
  const { id, wish, createdAt, parentIds = [] } = spooled;
  const kind = parentIds.length > 0 ? 'edit' : wish.kind;
  const filename = safeFileName(wish.filename);
  const localZone = options.localZone ?? LOCAL_ZONE;
  return {
    id,
    kind,
    title: titleOf(wish.title) || titleOf(facts.embedded.title) || titleFromFileName(filename),
    filename,
    storedFilename: storedFilename(kind === 'edit' ? 'edited' : 'raw', createdAt, id, facts.extension),
    filesizeBytes: spooled.sizeBytes,
    checksum: spooled.checksum,
    audioChecksum: null,
    audioChecksumMethod: null,
    mimeType: facts.mimeType,
    container: facts.container,
    codec: facts.codec,
    duration: facts.durationSeconds,
    sampleRateHz: facts.sampleRateHz,
    channels: facts.channels,
    bitDepth: facts.bitDepth,
    bitRateBps: facts.bitRateBps,
    isPlayable: facts.isPlayable,
    tags: cleanTags(wish.tags),
    notes: cleanNotes(wish.notes),
    markers: [],
    timeline: [],
    collections: [],
    aliases: [],
    embedded: facts.embedded,
    loudness: null,
    silenceShare: null,
    warnings: [...facts.warnings, ...(options.warnings ?? [])],
    status: 'placing',
    version: 1,
    createdAt,
    modifiedAt: createdAt,
    trashedAt: null,
    ...findRecordedAt({
      wish,
      embedded: facts.embedded,
      madeAt: facts.madeAt,
      filename,
      createdAt,
      localZone,
    }),
    recordedAtZone: wish.recordedAtZone !== null && isZone(wish.recordedAtZone) ? wish.recordedAtZone : null,
    preset: wish.preset,
    takeId: wish.takeId,
    segment: wish.segment,
    gapBefore: wish.gapBefore,
    parentIds,
    parentId: parentIds[0] ?? null,
    lastVerifiedAt: null,
    sync: [],
  };
}

/** `raw/2026/11/20261122T213205Z-<id>.ogg`: dated by the start of receipt in UTC, ending as the content demands. */
function storedFilename(folder: 'raw' | 'edited', createdAt: string, id: string, extension: string): string {
  const stamp = createdAt.replace(/\.\d+/, '').replace(/[-:]/g, '');
  return `${folder}/${createdAt.slice(0, 4)}/${createdAt.slice(5, 7)}/${stamp}-${id}.${extension}`;
}

function titleOf(text: string | null): string {
  return oneLine(text ?? '', AMENDMENT_LIMITS.title);
}

function cleanTags(tags: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    const clean = oneLine(tag, AMENDMENT_LIMITS.tag);
    if (clean !== '' && !byKey.has(tagKey(clean))) byKey.set(tagKey(clean), clean);
  }
  return [...byKey.values()].slice(0, AMENDMENT_LIMITS.tags);
}

function cleanNotes(notes: string): string {
  const clean = notes.toWellFormed().replaceAll('\0', '').normalize('NFC');
  return clean.length <= AMENDMENT_LIMITS.notes
    ? clean
    : [...clean].slice(0, AMENDMENT_LIMITS.notes).join('');
}
