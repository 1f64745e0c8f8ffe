import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { HistoryEntry } from '../model/history.ts';
import type { Recording, RecordingStatus } from '../model/recording.ts';
import type { KnownTombstone } from '../model/tombstone.ts';
import { atHome } from '../sessions/at-home.ts';
import type { SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { insertAll, listOf } from './json-rows.ts';
import { type AddedRecording, addQueries, knownHistoryQueries } from './many-rows.ts';
import { freeRowKeys, indexQueries, sidecarQuery } from './recording-index.ts';
import { checkStorable, type RecordingRow, toColumns } from './recording-row.ts';
import { keysWithIdOrPath, originalsOf } from './rivals.ts';

/** What a file and its sidecar say about a recording. */
export interface KnownRecording {
  readonly recording: Recording;
  /** What people changed, as far as the sidecar tells. */
  readonly history?: readonly HistoryEntry[];
  /** Of a recording in the trash: what it is once it leaves it. */
  readonly statusBeforeTrash?: RecordingStatus;
  /** True: its sidecar does not say this yet and has to be written. */
  readonly isSidecarOwed?: boolean;
}

/**
 * `added`, `updated`: the row says now what was given. `same`: it did before. `kept`: the row knows more, and its
 * sidecar is owed. `taken`: another recording has this path, or another store this recording.
 */
export type KnownOutcome = 'added' | 'updated' | 'same' | 'kept' | 'taken';

/** Enters what is known, each in the version that is higher; search, tags and receipts follow. In the order given. */
export async function putKnownRows(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  known: readonly KnownRecording[],
  home: string,
): Promise<readonly KnownOutcome[]> {
  const entries = known.map((entry) => ({ ...entry, recording: checkStorable(entry.recording) }));
  const recordings = entries.map(({ recording }) => recording);
  const [rows, buried, originals, keyOf] = await Promise.all([
    readRows(db, recordings),
    readBuried(db, recordings),
    readOriginals(db, recordings, home),
    freeRowKeys(db, recordings),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const ownerOf = new Map(rows.map((row) => [row.stored_filename, row.id]));
  const queries: CompiledQuery[] = [];
  const added: AddedRecording[] = [];
  const outcomes = entries.map((entry): KnownOutcome => {
    const { recording } = entry;
    const row = byId.get(recording.id);
    if (row && row.store_id !== home) return 'taken';
    // Purged a moment ago: its files are still being removed.
    if (buried.has(recording.id)) return 'same';
    if ((ownerOf.get(recording.storedFilename) ?? recording.id) !== recording.id) return 'taken';
    // Of two sidecars with one id in the same batch the second one meets what the first one made.
    const outcome = row === undefined ? 'added' : judge(row, recording);
    if (outcome === 'kept' && row) queries.push(sidecarQuery(db, row));
    if (outcome === 'same' || outcome === 'kept') return outcome;
    const isFirstOriginal = recording.kind === 'file' && !originals.has(recording.checksum);
    if (outcome === 'added' && isFirstOriginal) originals.add(recording.checksum);
    const rowKey = row?.row_key ?? keyOf(recording);
    if (row === undefined) added.push({ ...entry, rowKey, isFirstOriginal });
    else queries.push(...updateQueries(db, entry, row));
    ownerOf.set(recording.storedFilename, recording.id);
    byId.set(recording.id, { ...asRow(recording), row_key: rowKey, store_id: home });
    return outcome;
  });
  const all = [...addQueries(db, added, home), ...queries];
  if (all.length > 0) await batch(all);
  return outcomes;
}

/** Asks for the sidecars of these recordings to be written again, as the rows say. What is gone by now needs none. */
export async function oweSidecarRows(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  ids: readonly string[],
): Promise<void> {
  const rows = await db
    .selectFrom('recordings')
    .select(['id', 'version'])
    .where('id', 'in', listOf(ids))
    .execute();
  await batch(rows.map((row) => sidecarQuery(db, row)));
}

export async function buryRows(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  tombstones: readonly KnownTombstone[],
  home: string,
): Promise<void> {
  const ids = tombstones.map(({ id }) => id);
  const rows = await db
    .selectFrom('recordings')
    .select('row_key')
    .where('id', 'in', listOf(ids))
    .where(atHome(db, home))
    .execute();
  const keys = rows.map((row) => row.row_key);
  const entries = tombstones.map(({ id, checksum, purgedAt, remains }) => ({
    recording_id: id,
    checksum,
    purged_at: purgedAt,
    stored_filename: remains?.storedFilename ?? '',
    take_id: remains?.takeId ?? null,
    is_everywhere: remains?.isEverywhere ? 1 : 0,
    is_finished: remains === null ? 1 : 0,
    store_id: home,
  }));
  const finished = entries.filter((entry) => entry.is_finished === 1);
  const unfinished = entries.filter((entry) => entry.is_finished === 0);
  await batch([
    // One that is known already, with what is still to be removed of it, knows more.
    ...insertAll(db, 'tombstones', finished, { skipsKnown: true }),
    ...unfinished.map((entry) =>
      db
        .insertInto('tombstones')
        .values(entry)
        .onConflict((conflict) =>
          conflict.column('recording_id').doUpdateSet((row) => ({
            stored_filename: entry.stored_filename,
            take_id: row.fn.coalesce('excluded.take_id', 'tombstones.take_id'),
            is_everywhere: sql<number>`CASE WHEN tombstones.is_everywhere = 1 THEN 1 ELSE excluded.is_everywhere END`,
            is_finished: 0,
          })),
        )
        .compile(),
    ),
    ...(keys.length === 0
      ? []
      : [
          db.deleteFrom('recording_search').where('rowid', 'in', listOf(keys)).compile(),
          db.deleteFrom('recordings').where('row_key', 'in', listOf(keys)).compile(),
        ]),
  ]);
}

type Met = Pick<
  RecordingRow,
  'row_key' | 'id' | 'status' | 'version' | 'stored_filename' | 'created_at' | 'store_id'
>;

function judge(row: Met, recording: Recording): KnownOutcome {
  // Its claim was never finished in this database, but its sidecar and audio are there.
  if (row.status === 'placing') return 'updated';
  if (row.version > recording.version) return 'kept';
  return row.version < recording.version || row.stored_filename !== recording.storedFilename
    ? 'updated'
    : 'same';
}

function updateQueries(
  db: Kysely<StoreSchema>,
  entry: KnownRecording,
  { row_key: rowKey, created_at: createdAt }: Met,
): CompiledQuery[] {
  // The date of receipt is part of the order of the library: a row keeps the one it was entered with.
  const wanted = { ...entry.recording, createdAt };
  const columns = { ...toColumns(wanted), ...beforeTrash(entry) };
  return [
    db.updateTable('recordings').set(columns).where('row_key', '=', rowKey).compile(),
    ...indexQueries(db, rowKey, wanted),
    ...knownHistoryQueries(db, entry),
    ...(entry.isSidecarOwed ? [sidecarQuery(db, wanted)] : []),
  ];
}

function beforeTrash({ recording, statusBeforeTrash = 'active' }: KnownRecording) {
  return recording.status === 'trashed' ? { status_before_trash: statusBeforeTrash } : {};
}

function readRows(db: Kysely<StoreSchema>, recordings: readonly Recording[]): Promise<Met[]> {
  return forChange(
    db
      .selectFrom('recordings')
      .select(['row_key', 'id', 'status', 'version', 'stored_filename', 'created_at', 'store_id'])
      .where('row_key', 'in', keysWithIdOrPath(db, recordings)),
  ).execute();
}

/** Checksums that a row stands for already, so that the next import of these bytes joins that one. */
async function readOriginals(
  db: Kysely<StoreSchema>,
  recordings: readonly Recording[],
  home: string,
): Promise<Set<string>> {
  const checksums = recordings.map(({ checksum }) => checksum);
  const rows = await originalsOf(db, checksums, home).select('checksum').execute();
  return new Set(rows.map(({ checksum }) => checksum));
}

async function readBuried(
  db: Kysely<StoreSchema>,
  recordings: readonly Recording[],
): Promise<ReadonlySet<string>> {
  const ids = recordings.map(({ id }) => id);
  const rows = await db
    .selectFrom('tombstones')
    .select('recording_id')
    .where('recording_id', 'in', listOf(ids))
    .execute();
  return new Set(rows.map((row) => row.recording_id));
}

function asRow(recording: Recording): Omit<Met, 'row_key' | 'store_id'> {
  const { id, status, version, storedFilename, createdAt } = recording;
  return { id, status, version, stored_filename: storedFilename, created_at: createdAt };
}
