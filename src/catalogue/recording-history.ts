import { OWNER_NAME } from '../model/access.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import {
  changedSince,
  type HistoryEntry,
  type HistoryField,
  type HistoryPage,
  type HistoryQuery,
  touchedBy,
} from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { readHistoryEntry, readHistoryPage, readLater } from './history-rows.ts';
import { amendRow, type RecordingChange, readRow, restoreRow, trashRow } from './recording-changes.ts';
import { toRecording } from './recording-row.ts';

/** Later changes that a refusal names; the newest of them are the ones that count. */
const NAMED_CHANGES = 20;

/** What people changed about recordings, and the way back. Failures as of the sessions. */
export class RecordingHistory {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;

  constructor(sessions: DatabaseSessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** Newest first. Rejects with `recording-unknown`, `cursor-invalid` or `invalid-input`. */
  page(id: RecordingId, query: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#sessions.withSession({ name: 'read history', readonly: true }, async (db) => {
      const row = await db
        .selectFrom('recordings')
        .select('status')
        .where('id', '=', id)
        .where('status', '!=', 'placing')
        .executeTakeFirst();
      if (!row) throw unknownRecording(id);
      return await readHistoryPage(db, id, query);
    });
  }

  /**
   * Puts back what the change that made `version` had found, as a new change. Refused with `undo-conflict` when one of
   * its fields is no longer as that change left it. Rejects further with `recording-unknown`, `amendment-unknown`, or
   * `version-conflict` when `expectedVersion` is stale.
   */
  undo(
    id: RecordingId,
    version: number,
    expectedVersion?: number,
    by: string = OWNER_NAME,
  ): Promise<Recording> {
    return this.#sessions.withSession({ name: 'undo' }, async (db, { batch }) => {
      const now = toIsoUtc(this.#clock.nowMs());
      const change: RecordingChange = { db, batch, id, now, expectedVersion, by, undoes: version };
      const current = toRecording(await readRow(change));
      const entry = await readHistoryEntry(db, id, version);
      if (entry === undefined) throw unknownAmendment(id, version);
      const fields = changedSince(entry, current);
      if (fields.length > 0) {
        throw undoConflict(current, version, fields, await readLater(db, id, version, NAMED_CHANGES));
      }
      const { isTrashed, ...amended } = entry.before;
      if (isTrashed === undefined) return await amendRow(change, amended);
      return await (isTrashed ? trashRow(change) : restoreRow(change));
    });
  }
}

function unknownAmendment(id: RecordingId, version: number): VoiceRecorderError {
  return new VoiceRecorderError(
    'amendment-unknown',
    `The history of recording ${id} has no change that made version ${version}.`,
  );
}

function undoConflict(
  { id, title }: Recording,
  version: number,
  fields: readonly HistoryField[],
  later: readonly HistoryEntry[],
): VoiceRecorderError {
  const versions = later
    .filter((entry) => touchedBy(entry).some((field) => fields.includes(field)))
    .map((entry) => entry.version);
  const names = fields.map((field) => WORDS[field]).join(', ');
  const since = versions.length > 0 ? ` (by version ${versions.toReversed().join(', ')})` : '';
  return new VoiceRecorderError(
    'undo-conflict',
    `The change that made version ${version} of "${title}" (${id}) cannot be undone: ${names} was changed ` +
      `again since${since}. Undo the later change first, or change it by hand.`,
    { details: { fields, versions } },
  );
}

const WORDS: Readonly<Record<HistoryField, string>> = {
  title: 'the title',
  tags: 'the tags',
  notes: 'the notes',
  markers: 'the markers',
  collections: 'the collections',
  recordedAt: 'the date of recording',
  recordedAtSource: 'how the date of recording is known',
  isTrashed: 'its place in library or trash',
};
