import type { Kysely } from 'kysely';
import type { RecordingId } from '../model/id.ts';
import type { CopyState } from '../model/recording.ts';
import type { SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { storableJson } from '../sessions/storable-value.ts';
import { parseStored } from '../sessions/stored-json.ts';
import { sidecarQuery } from './recording-index.ts';

/** One target in what a recording says of its copies; `state` null: not there any more. */
export interface ShownCopy {
  readonly target: string;
  readonly state: string | null;
  readonly verifiedAt?: string | null;
}

export function lockedRow(db: Kysely<StoreSchema>, id: RecordingId) {
  return forChange(
    db.selectFrom('recordings').select(['version', 'document']).where('id', '=', id),
  ).executeTakeFirst();
}

/**
 * Makes a recording, and soon its sidecar, say where this copy stands. That is no change of the recording: its version
 * stays, so that no copy is out of date because another one was made.
 */
export async function showCopy(
  db: Kysely<StoreSchema>,
  batch: SessionContext['batch'],
  id: RecordingId,
  { target, state, verifiedAt = null }: ShownCopy,
): Promise<void> {
  const row = await lockedRow(db, id);
  if (row === undefined) return;
  const document = parseStored<{ sync: readonly CopyState[] }>(row.document, () => `recording ${id}`);
  const others = document.sync.filter((copy) => copy.target !== target);
  const sync = state === null ? others : [...others, { target, state, verifiedAt }];
  await db
    .updateTable('recordings')
    .set({ document: storableJson({ ...document, sync }) })
    .where('id', '=', id)
    .execute();
  await batch([sidecarQuery(db, { id, version: row.version })]);
}
