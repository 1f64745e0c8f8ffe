import type { CompiledQuery, Kysely } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';
import type { KnownRecording } from './known-rows.ts';
import { searchRowOf, sidecarQuery, tagRowsOf } from './recording-index.ts';
import { toColumns } from './recording-row.ts';

/** A recording without a row yet, and the key it gets. */
export interface AddedRecording extends KnownRecording {
  readonly rowKey: number;
  /** The next import of its bytes joins this one. */
  readonly isFirstOriginal: boolean;
}

// SQLite takes 32,766 values in one statement; a recording may have 50 tags of 5 values each.
const TAGS_AT_ONCE = 2_000;

/** Enters many recordings with few statements: rows, search, tags, receipts, owed sidecars. */
export function addQueries(db: Kysely<StoreSchema>, added: readonly AddedRecording[]): CompiledQuery[] {
  if (added.length === 0) return [];
  const rows = added.map(({ recording, statusBeforeTrash = 'active', rowKey, isFirstOriginal }) => ({
    ...toColumns(recording),
    status_before_trash: recording.status === 'trashed' ? statusBeforeTrash : null,
    row_key: rowKey,
    is_deduplicated: isFirstOriginal ? 1 : 0,
  }));
  const tags = added.flatMap(({ recording }) => tagRowsOf(recording));
  const owed = added.filter(({ isSidecarOwed }) => isSidecarOwed);
  return [
    db.insertInto('recordings').values(rows).compile(),
    db
      .insertInto('recording_search')
      .values(added.map(({ recording, rowKey }) => searchRowOf(rowKey, recording)))
      .compile(),
    ...inParts(tags, TAGS_AT_ONCE).map((part) =>
      db
        .insertInto('recording_tags')
        .values(part)
        .onConflict((conflict) => conflict.doNothing())
        .compile(),
    ),
    ...receiptQueries(db, added),
    ...owed.map(({ recording }) => sidecarQuery(db, recording)),
  ];
}

/** The id of a recording is that of the upload it came from, so its receipt follows from it. */
function receiptQueries(db: Kysely<StoreSchema>, added: readonly AddedRecording[]): CompiledQuery[] {
  const receipts = added
    .filter(({ recording }) => recording.kind !== 'edit')
    .map(({ recording: { id, checksum, filesizeBytes, createdAt } }) => ({
      upload_id: id,
      recording_id: id,
      checksum,
      size_bytes: filesizeBytes,
      is_duplicate: 0,
      completed_at: createdAt,
    }));
  if (receipts.length === 0) return [];
  return [
    db
      .insertInto('upload_receipts')
      .values(receipts)
      .onConflict((conflict) => conflict.doNothing())
      .compile(),
  ];
}

function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}
