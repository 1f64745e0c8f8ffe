import type { CompiledQuery, Kysely } from 'kysely';
import { NO_STORE } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { historyRowOf } from './history-rows.ts';
import { insertAll } from './json-rows.ts';
import type { KnownRecording } from './known-rows.ts';
import { indexAllQueries, sidecarQuery } from './recording-index.ts';
import { toColumns } from './recording-row.ts';

/** A recording without a row yet, and the key it gets. */
export interface AddedRecording extends KnownRecording {
  readonly rowKey: number;
  /** The next import of its bytes joins this one. */
  readonly isFirstOriginal: boolean;
}

/** Enters many recordings with few statements: rows, search, tags, collections, histories, receipts, owed sidecars. */
export function addQueries(
  db: Kysely<StoreSchema>,
  added: readonly AddedRecording[],
  home: string = NO_STORE,
): CompiledQuery[] {
  const rows = added.map(({ recording, statusBeforeTrash = 'active', rowKey, isFirstOriginal }) => ({
    ...toColumns(recording),
    status_before_trash: recording.status === 'trashed' ? statusBeforeTrash : null,
    row_key: rowKey,
    store_id: home,
    is_deduplicated: isFirstOriginal ? 1 : 0,
  }));
  const owed = added.filter(({ isSidecarOwed }) => isSidecarOwed);
  return [
    ...insertAll(db, 'recordings', rows),
    ...indexAllQueries(db, added),
    ...added.flatMap((entry) => knownHistoryQueries(db, entry)),
    ...insertAll(db, 'upload_receipts', receiptsOf(added), { skipsKnown: true }),
    ...owed.map(({ recording }) => sidecarQuery(db, recording)),
  ];
}

/** What a sidecar tells of changes by people; those that the catalogue knows already stay as they are. */
export function knownHistoryQueries(
  db: Kysely<StoreSchema>,
  { recording: { id }, history = [] }: KnownRecording,
): CompiledQuery[] {
  const rows = history.map((entry) => historyRowOf(id, entry));
  return insertAll(db, 'amendments', rows, { skipsKnown: true });
}

/** The id of a recording is that of the upload it came from, so its receipt follows from it. */
function receiptsOf(added: readonly AddedRecording[]) {
  return added
    .filter(({ recording }) => recording.kind !== 'edit')
    .map(({ recording: { id, checksum, filesizeBytes, createdAt } }) => ({
      upload_id: id,
      recording_id: id,
      checksum,
      size_bytes: filesizeBytes,
      is_duplicate: 0,
      completed_at: createdAt,
    }));
}
