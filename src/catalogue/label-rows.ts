import type { Insertable } from 'kysely';
import { tagKey } from '../model/amendment.ts';
import type { Recording } from '../model/recording.ts';
import type { LabelPlace, RecordingCollectionTable, RecordingTagTable, Shelf } from '../sessions/schema.ts';
import { listColumns } from './recording-row.ts';

/** A recording and the key of its row. */
export interface KeyedRecording {
  readonly rowKey: number;
  readonly recording: Recording;
}

export function tagRowsOf(keyed: KeyedRecording): Insertable<RecordingTagTable>[] {
  const place = placeOf(keyed);
  return keyed.recording.tags.map((tag) => ({ tag_key: tagKey(tag), tag, ...place }));
}

export function collectionRowsOf(keyed: KeyedRecording): Insertable<RecordingCollectionTable>[] {
  const place = placeOf(keyed);
  return keyed.recording.collections.map((collection) => ({
    collection_key: tagKey(collection),
    collection,
    ...place,
  }));
}

export function shelfOf({ status }: Recording): Shelf {
  return status === 'trashed' ? 'trash' : 'library';
}

function placeOf({ rowKey, recording }: KeyedRecording): LabelPlace {
  return {
    shelf: shelfOf(recording),
    created_at: recording.createdAt,
    recording_id: recording.id,
    row_key: rowKey,
    filesize_bytes: recording.filesizeBytes,
    kind: recording.kind,
    ...listColumns(recording),
  };
}
