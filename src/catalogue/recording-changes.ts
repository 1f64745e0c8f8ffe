import type { CompiledQuery, Kysely } from 'kysely';
import { type RestoringAmendment, resolveAmendment } from '../model/amendment.ts';
import { type AudioMeasurement, withRemark } from '../model/audio-measurement.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { differenceOf } from '../model/history.ts';
import type { Recording, RecordingAlias, RecordingAmendment, RecordingStatus } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type { SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { historyQuery } from './history-rows.ts';
import { indexQueries, sidecarQuery } from './recording-index.ts';
import { type RecordingRow, toColumns, toRecording } from './recording-row.ts';

/** One transaction on one recording. */
export interface RecordingChange {
  readonly db: Kysely<StoreSchema>;
  readonly batch: SessionContext['batch'];
  readonly id: string;
  readonly now: string;
  readonly expectedVersion?: number | undefined;
  /** Whose change it is: then it stands in the history. Null or missing: a machine's. */
  readonly by?: string | null;
  /** The version whose change this one takes back. */
  readonly undoes?: number;
}

/** What is wanted may follow from the recording as it is. */
export async function amendRow(
  change: RecordingChange,
  wanted: RestoringAmendment | ((current: Recording) => RecordingAmendment),
): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  const amendment = resolveAmendment(current, typeof wanted === 'function' ? wanted(current) : wanted);
  if (JSON.stringify({ ...current, ...amendment }) === JSON.stringify(current)) return current;
  return save(change, row, { ...current, ...amendment });
}

export async function trashRow(change: RecordingChange): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  if (current.status === 'trashed') return current;
  // By a clock that was set back it would seem to lie there for longer than it does, and go sooner.
  const trashedAt = change.now < current.modifiedAt ? current.modifiedAt : change.now;
  const trashed = { ...current, status: 'trashed' as const, trashedAt };
  return save(change, row, trashed, { status_before_trash: current.status });
}

/** Gives back the status it had before; one that was not in the trash stays as it is. */
export async function restoreRow(change: RecordingChange): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  if (current.status !== 'trashed') return current;
  const status = (row.status_before_trash ?? 'active') as RecordingStatus;
  return save(change, row, { ...current, status, trashedAt: null }, { status_before_trash: null });
}

/** The bytes were found or made right again: what was damaged or missing is active, also once it leaves the trash. */
export async function markSoundRow(change: RecordingChange): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  const isUnsound = (status: string | null) => status === 'damaged' || status === 'missing';
  if (isUnsound(current.status)) return save(change, row, { ...current, status: 'active' });
  if (current.status !== 'trashed' || !isUnsound(row.status_before_trash)) return current;
  return save(change, row, current, { status_before_trash: 'active' });
}

/** Its bytes are not what was received, or are gone; in the trash this shows once it leaves it. */
export async function markUnsoundRow(
  change: RecordingChange,
  status: 'damaged' | 'missing',
): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  if (current.status !== 'trashed') {
    return current.status === status ? current : save(change, row, { ...current, status });
  }
  if (row.status_before_trash === status) return current;
  return save(change, row, current, { status_before_trash: status });
}

/**
 * Keeps what was measured of its sound. That is no amendment: whoever read the recording before may still change it,
 * and its date of change stays. One that lies there measured already stays as it is.
 */
export async function measuredRow(
  change: RecordingChange,
  { remark, ...sound }: AudioMeasurement,
): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  if (current.audioChecksum !== null) return current;
  const measured = { ...current, ...sound, warnings: withRemark(current.warnings, remark) };
  return save({ ...change, now: current.modifiedAt }, row, measured, {
    amended_version: row.amended_version ?? row.version,
  });
}

/** Its bytes lie under another key now. */
export async function relocateRow(change: RecordingChange, storedFilename: string): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  if (current.storedFilename === storedFilename) return current;
  return save(change, row, { ...current, storedFilename });
}

/** Keeps what a duplicate brought along; the same alias is kept once. */
export async function aliasRow(
  change: RecordingChange,
  alias: RecordingAlias,
  others: readonly CompiledQuery[],
): Promise<Recording> {
  const row = await readRow(change);
  const current = toRecording(row);
  const isKnown = current.aliases.some(
    (known) => JSON.stringify({ ...known, addedAt: '' }) === JSON.stringify({ ...alias, addedAt: '' }),
  );
  if (isKnown) {
    await change.batch(others);
    return current;
  }
  return save(change, row, { ...current, aliases: [...current.aliases, alias] }, {}, others);
}

async function save(
  change: RecordingChange,
  row: RecordingRow,
  changed: Recording,
  columns: Partial<Pick<RecordingRow, 'status_before_trash' | 'amended_version'>> = {},
  others: readonly CompiledQuery[] = [],
): Promise<Recording> {
  const { db, by = null, undoes = null } = change;
  const recording = { ...changed, version: row.version + 1, modifiedAt: change.now };
  const update = db
    .updateTable('recordings')
    .set({ ...toColumns(recording), amended_version: null, ...columns })
    .where('row_key', '=', row.row_key);
  const { version, modifiedAt: changedAt } = recording;
  const difference = by === null ? undefined : differenceOf(toRecording(row), recording);
  await change.batch([
    update.compile(),
    ...indexQueries(db, row.row_key, recording),
    ...(by === null || difference === undefined
      ? []
      : [historyQuery(db, recording.id, { version, changedAt, by, undoes, ...difference })]),
    sidecarQuery(db, recording),
    ...others,
  ]);
  return recording;
}

/** The row as it is, kept for this change. Rejects with `recording-unknown` or `version-conflict`. */
export async function readRow({ db, id, expectedVersion }: RecordingChange): Promise<RecordingRow> {
  const row = await forChange(
    db.selectFrom('recordings').selectAll().where('id', '=', id).where('status', '!=', 'placing'),
  ).executeTakeFirst();
  if (!row) throw unknownRecording(id);
  const amendedVersion = row.amended_version ?? row.version;
  const isCurrent =
    expectedVersion === undefined || (expectedVersion >= amendedVersion && expectedVersion <= row.version);
  if (!isCurrent) {
    throw new VoiceRecorderError(
      'version-conflict',
      `Recording ${id} has been changed meanwhile: expected version ${expectedVersion}, found ${row.version}. ` +
        'Read it again and repeat the change.',
      { details: { expected: expectedVersion, found: row.version } },
    );
  }
  return row;
}
