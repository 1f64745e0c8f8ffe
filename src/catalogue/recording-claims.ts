import type { CompiledQuery, Kysely } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { UploadReceipt } from '../model/upload.ts';
import type { SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { indexQueries, nextRowKey, sidecarQuery } from './recording-index.ts';
import { checkStorable, toColumns, toRecording } from './recording-row.ts';

export type ClaimOutcome =
  | { readonly outcome: 'claimed' }
  /** Another recording (or this very one, finished before) already stands for these bytes. */
  | { readonly outcome: 'taken'; readonly by: Recording };

export async function claimRow(
  db: Kysely<StoreSchema>,
  wanted: Recording,
  isDeduplicated: boolean,
): Promise<ClaimOutcome> {
  const recording = checkStorable(wanted);
  const [rivals, rowKey] = await Promise.all([
    forChange(
      db
        .selectFrom('recordings')
        .selectAll()
        .where(({ eb, or, and }) =>
          or([
            eb('id', '=', recording.id),
            eb('stored_filename', '=', recording.storedFilename),
            ...(isDeduplicated
              ? [and([eb('checksum', '=', recording.checksum), eb('is_deduplicated', '=', 1)])]
              : []),
          ]),
        ),
    ).execute(),
    nextRowKey(db, recording.createdAt),
  ]);
  const own = rivals.find((row) => row.id === recording.id);
  if (own && own.status !== 'placing') return { outcome: 'taken', by: toRecording(own) };
  const twin = rivals.find(
    (row) => row.id !== recording.id && row.stored_filename !== recording.storedFilename,
  );
  if (twin) return { outcome: 'taken', by: toRecording(twin) };
  const namesake = rivals.find((row) => row.id !== recording.id);
  if (namesake) throw nameTaken(recording, namesake.id);
  const columns = {
    ...toColumns({ ...recording, status: 'placing' }),
    is_deduplicated: isDeduplicated ? 1 : 0,
  };
  // The same upload claims again after a crash: what it knows now replaces what it knew then.
  const query = own
    ? db.updateTable('recordings').set(columns).where('row_key', '=', own.row_key)
    : db.insertInto('recordings').values({ ...columns, row_key: rowKey });
  await query.execute();
  return { outcome: 'claimed' };
}

/** A repeated activation changes nothing but adds a receipt that is missing. */
export async function activateRow(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  placed: Recording,
  receipt: UploadReceipt | null,
  hasSidecar: boolean,
): Promise<Recording> {
  const row = await forChange(
    db.selectFrom('recordings').selectAll().where('id', '=', placed.id),
  ).executeTakeFirst();
  if (!row) {
    throw new VoiceRecorderError(
      'recording-unknown',
      `Recording ${placed.id} cannot become active: nothing was claimed under this id.`,
    );
  }
  const receipts = receipt ? [receiptQuery(db, receipt)] : [];
  if (row.status !== 'placing') {
    await batch(receipts);
    return toRecording(row);
  }
  const status = placed.status === 'placing' ? 'active' : placed.status;
  // The date of receipt is part of the order of the library and stays what was claimed.
  const recording = { ...checkStorable(placed), createdAt: row.created_at, status };
  const update = db.updateTable('recordings').set(toColumns(recording)).where('row_key', '=', row.row_key);
  await batch([
    update.compile(),
    ...indexQueries(db, row.row_key, recording),
    ...(hasSidecar ? [] : [sidecarQuery(db, recording)]),
    ...receipts,
  ]);
  return recording;
}

/** The first receipt of an upload is the one that counts. */
export function receiptQuery(db: Kysely<StoreSchema>, receipt: UploadReceipt): CompiledQuery {
  return db
    .insertInto('upload_receipts')
    .values({
      upload_id: receipt.uploadId,
      recording_id: receipt.recordingId,
      checksum: receipt.checksum,
      size_bytes: receipt.sizeBytes,
      is_duplicate: receipt.isDuplicate ? 1 : 0,
      completed_at: receipt.completedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .compile();
}

export async function readReceipt(
  db: Kysely<StoreSchema>,
  uploadId: string,
): Promise<UploadReceipt | undefined> {
  const row = await db
    .selectFrom('upload_receipts')
    .selectAll()
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    uploadId: row.upload_id,
    recordingId: row.recording_id,
    checksum: row.checksum,
    sizeBytes: row.size_bytes,
    isDuplicate: row.is_duplicate === 1,
    completedAt: row.completed_at,
  };
}

function nameTaken(recording: Recording, otherId: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'blob-exists',
    `Recording ${recording.id} cannot be stored as ${recording.storedFilename}: recording ${otherId} lies there.`,
  );
}
