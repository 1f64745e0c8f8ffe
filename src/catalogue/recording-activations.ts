import type { CompiledQuery, Kysely } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { UploadReceipt } from '../model/upload.ts';
import type { DatabaseSessions, SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { WritesTogether } from '../sessions/writes-together.ts';
import { insertAll, listOf } from './json-rows.ts';
import { indexAgainQueries, sidecarQuery } from './recording-index.ts';
import {
  checkStorable,
  type RecordingColumns,
  type RecordingRow,
  toColumns,
  toRecording,
} from './recording-row.ts';

export interface Activation {
  readonly recording: Recording;
  readonly receipt: UploadReceipt | null;
  /** The sidecar of exactly this recording, active, is on stable storage already. */
  readonly hasSidecar: boolean;
}

/** Activations share a session with those that wait at the same time, as with the files of a large import. */
export function activatingTogether(
  sessions: DatabaseSessions,
): (activation: Activation) => Promise<Recording> {
  const together = new WritesTogether(sessions, { name: 'activate' }, activateRows);
  return (activation) => together.run(activation);
}

/** Those that are active already stay as they are, but for a receipt that is missing. */
async function activateRows(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  activations: readonly Activation[],
): Promise<readonly Recording[]> {
  const rowOf = await readRows(
    db,
    activations.map(({ recording }) => recording.id),
  );
  const entered: { readonly rowKey: number; readonly recording: Recording }[] = [];
  const asClaimed: number[] = [];
  const queries: CompiledQuery[] = [];
  const answers = activations.map(({ recording: placed, hasSidecar }) => {
    const row = rowOf.get(placed.id);
    if (!row) throw neverClaimed(placed);
    if (row.status !== 'placing') return toRecording(row);
    const status = placed.status === 'placing' ? 'active' : placed.status;
    // The date of receipt is part of the order of the library and stays what was claimed.
    const recording = { ...checkStorable(placed), createdAt: row.created_at, status };
    const columns = toColumns(recording);
    if (status === 'active' && isAsClaimed(row, columns)) asClaimed.push(row.row_key);
    else queries.push(db.updateTable('recordings').set(columns).where('row_key', '=', row.row_key).compile());
    entered.push({ rowKey: row.row_key, recording });
    if (!hasSidecar) queries.push(sidecarQuery(db, recording));
    // A second activation in the same company finds it active.
    rowOf.set(row.id, { ...row, ...columns });
    return recording;
  });
  if (asClaimed.length > 0) {
    const shown = db.updateTable('recordings').set({ status: 'active' });
    queries.push(shown.where('row_key', 'in', listOf(asClaimed)).compile());
  }
  const receipts = activations.flatMap(({ receipt }) => receipt ?? []);
  await batch([...queries, ...indexAgainQueries(db, entered), ...receiptQueries(db, receipts)]);
  return answers;
}

async function readRows(db: Kysely<StoreSchema>, ids: readonly string[]): Promise<Map<string, RecordingRow>> {
  const select = db.selectFrom('recordings').selectAll().where('id', 'in', listOf(ids));
  const rows = await forChange(select).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Nothing was changed but the status: then no index over all else need be written again. */
function isAsClaimed(row: RecordingRow, columns: RecordingColumns): boolean {
  const known: Readonly<Record<string, unknown>> = row;
  return Object.entries(columns).every(([name, value]) => name === 'status' || known[name] === value);
}

/** The first receipt of an upload is the one that counts. */
export function receiptQueries(db: Kysely<StoreSchema>, receipts: readonly UploadReceipt[]): CompiledQuery[] {
  const rows = receipts.map((receipt) => ({
    upload_id: receipt.uploadId,
    recording_id: receipt.recordingId,
    checksum: receipt.checksum,
    size_bytes: receipt.sizeBytes,
    is_duplicate: receipt.isDuplicate ? 1 : 0,
    completed_at: receipt.completedAt,
  }));
  return insertAll(db, 'upload_receipts', rows, { skipsKnown: true });
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

function neverClaimed({ id }: Recording): VoiceRecorderError {
  return new VoiceRecorderError(
    'recording-unknown',
    `Recording ${id} cannot become active: nothing was claimed under this id.`,
  );
}
