import type { Insertable, Selectable } from 'kysely';
import { NO_TAGS } from '../model/audio-facts.ts';
import { isSha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId } from '../model/id.ts';
import { formatKeyOf, type Recording, type RecordingKind, type RecordingStatus } from '../model/recording.ts';
import { titleKeyOf } from '../model/search-folding.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { RecordingTable } from '../sessions/schema.ts';
import { storableJson } from '../sessions/storable-value.ts';
import { parseStored } from '../sessions/stored-json.ts';

export type RecordingRow = Selectable<RecordingTable>;
/** All columns that follow from the recording itself. */
export type RecordingColumns = Omit<
  Insertable<RecordingTable>,
  'row_key' | 'shelf' | 'is_deduplicated' | 'amended_version' | 'store_id'
>;

/** What a recording is made of; the other columns are for the database. */
export const SHOWN_COLUMNS = [
  'row_key',
  'id',
  'store_id',
  'status',
  'kind',
  'title',
  'filename',
  'stored_filename',
  'filesize_bytes',
  'checksum',
  'audio_checksum',
  'version',
  'created_at',
  'modified_at',
  'trashed_at',
  'recorded_at',
  'take_id',
  'segment',
  'tags',
  'notes',
  'document',
  'last_verified_at',
] as const satisfies readonly (keyof RecordingRow)[];
export type ShownRow = Pick<RecordingRow, (typeof SHOWN_COLUMNS)[number]>;

/** Fields with a column of their own; the others lie together in `document`. */
type ColumnField =
  | 'id'
  | 'storeId'
  | 'status'
  | 'kind'
  | 'title'
  | 'filename'
  | 'storedFilename'
  | 'filesizeBytes'
  | 'checksum'
  | 'audioChecksum'
  | 'version'
  | 'createdAt'
  | 'modifiedAt'
  | 'trashedAt'
  | 'recordedAt'
  | 'takeId'
  | 'segment'
  | 'tags'
  | 'notes'
  | 'lastVerifiedAt';
const UNKNOWN_DURATION_MS = -1;

type RecordingDocument = Omit<Recording, ColumnField>;
/** Fields that documents written by earlier versions lack. */
const LATER_FIELDS = { timeline: [], gapBefore: null } as const satisfies Partial<RecordingDocument>;

export function toColumns(recording: Recording): RecordingColumns {
  const {
    id,
    storeId: _,
    status,
    kind,
    title,
    filename,
    storedFilename,
    filesizeBytes,
    checksum,
    audioChecksum,
    version,
    createdAt,
    modifiedAt,
    trashedAt,
    recordedAt,
    takeId,
    segment,
    tags,
    notes,
    lastVerifiedAt,
    ...document
  } = recording;
  return {
    id,
    status,
    kind,
    title,
    filename,
    stored_filename: storedFilename,
    filesize_bytes: filesizeBytes,
    checksum,
    audio_checksum: audioChecksum,
    version,
    created_at: createdAt,
    modified_at: modifiedAt,
    trashed_at: trashedAt,
    recorded_at: recordedAt,
    take_id: takeId,
    segment,
    tags: storableJson(tags),
    notes,
    document: storableJson(document satisfies RecordingDocument),
    last_verified_at: lastVerifiedAt,
    ...listColumns(recording),
  };
}

/** What lists are ordered and narrowed by; the migration that made these columns fills them likewise. */
export function listColumns({ title, duration, recordedAt, createdAt, warnings, ...audio }: Recording) {
  const recordedAtMs = recordedAt === null ? Number.NaN : Date.parse(recordedAt);
  return {
    title_key: titleKeyOf(title),
    duration_ms: duration === null ? UNKNOWN_DURATION_MS : Math.round(duration * 1000),
    moment_ms: Number.isNaN(recordedAtMs) ? Date.parse(createdAt) : recordedAtMs,
    format: formatKeyOf(audio),
    has_warnings: warnings.length > 0 ? 1 : 0,
  };
}

export function toRecording(row: ShownRow): Recording {
  const where = () => `recording ${row.id}`;
  const document = parseStored<RecordingDocument>(row.document, where);
  return {
    id: row.id,
    ...(row.store_id === NO_STORE ? {} : { storeId: row.store_id }),
    kind: row.kind as RecordingKind,
    title: row.title,
    filename: row.filename,
    storedFilename: row.stored_filename,
    filesizeBytes: row.filesize_bytes,
    checksum: row.checksum,
    ...LATER_FIELDS,
    ...document,
    embedded: { ...NO_TAGS, ...document.embedded },
    tags: parseStored<string[]>(row.tags, where),
    notes: row.notes,
    status: row.status as RecordingStatus,
    audioChecksum: row.audio_checksum,
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    trashedAt: row.trashed_at,
    recordedAt: row.recorded_at,
    takeId: row.take_id,
    segment: row.segment,
    lastVerifiedAt: row.last_verified_at,
  };
}

/**
 * The recording with dates in the one form whose order as text is their order in time.
 * Throws `invalid-input` for what no row could hold.
 */
export function checkStorable(recording: Recording): Recording {
  const { id, checksum, title, filename, storedFilename, tags, notes } = recording;
  if (!isId(id)) throw invalid(`"${id}" is not a recording id.`);
  if (!isSha256Hex(checksum))
    throw invalid(`The checksum of recording ${id} is not a SHA-256: "${checksum}".`);
  if ([title, filename, storedFilename, notes, ...tags].some((text) => text.includes('\0'))) {
    throw invalid(`A text of recording ${id} contains a NUL character, which cannot be kept.`);
  }
  const createdAtMs = Date.parse(recording.createdAt);
  if (!(createdAtMs >= 0))
    throw invalid(`Recording ${id} has no usable date of receipt: "${recording.createdAt}".`);
  return { ...recording, createdAt: new Date(createdAtMs).toISOString() };
}

function invalid(message: string): VoiceRecorderError {
  return new VoiceRecorderError('invalid-input', message);
}
