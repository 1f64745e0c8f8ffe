import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { Burial, Tombstone } from '../model/tombstone.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import { toRecording } from './recording-row.ts';

/** What was purged: rows that go, and the marks that they leave. */
export class Tombstones {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;
  readonly #home: string;

  /** `home`: the store whose recordings may be purged. */
  constructor(sessions: DatabaseSessions, clock: Clock, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
    this.#clock = clock;
  }

  /**
   * Takes the recording out of the catalogue for good and leaves its tombstone, in one transaction. Its files are
   * still there. Rejects with `recording-unknown` or `version-conflict`.
   */
  bury(
    id: RecordingId,
    options: { readonly expectedVersion?: number; readonly isEverywhere?: boolean } = {},
  ): Promise<{ readonly recording: Recording; readonly burial: Burial }> {
    const { expectedVersion, isEverywhere = false } = options;
    return this.#sessions.withSession({ name: 'purge' }, async (db, { batch }) => {
      const row = await forChange(
        db
          .selectFrom('recordings')
          .selectAll()
          .where('id', '=', id)
          .where('status', '!=', 'placing')
          .where(atHome(db, this.#home)),
      ).executeTakeFirst();
      if (!row) throw unknownRecording(id);
      if (expectedVersion !== undefined && row.version !== expectedVersion) {
        throw new VoiceRecorderError(
          'version-conflict',
          `Recording ${id} has been changed meanwhile: expected version ${expectedVersion}, found ${row.version}. ` +
            'Look at it again before it is purged.',
          { details: { expected: expectedVersion, found: row.version } },
        );
      }
      const recording = toRecording(row);
      const purgedAt = toIsoUtc(this.#clock.nowMs());
      const tombstone = {
        recording_id: id,
        checksum: row.checksum,
        purged_at: purgedAt,
        stored_filename: row.stored_filename,
        take_id: row.take_id,
        is_everywhere: isEverywhere ? 1 : 0,
        is_finished: 0,
        store_id: this.#home,
      };
      await batch([
        db
          .insertInto('tombstones')
          .values(tombstone)
          .onConflict((conflict) => conflict.column('recording_id').doUpdateSet(tombstone))
          .compile(),
        db.deleteFrom('recording_search').where('rowid', '=', row.row_key).compile(),
        // Tags and the owed sidecar go with it. Receipts stay: who asks whether its bytes arrived is told that they did.
        db.deleteFrom('recordings').where('row_key', '=', row.row_key).compile(),
      ]);
      const { checksum, storedFilename, takeId } = recording;
      return { recording, burial: { id, checksum, purgedAt, storedFilename, takeId, isEverywhere } };
    });
  }

  /** Purges of this store that broke off between the catalogue and the last file. */
  async listUnfinished(): Promise<readonly Burial[]> {
    const rows = await this.#sessions.withSession({ name: 'list burials', readonly: true }, (db) =>
      db
        .selectFrom('tombstones')
        .selectAll()
        .where('is_finished', '=', 0)
        .where(atHome(db, this.#home))
        .orderBy('recording_id')
        .execute(),
    );
    return rows.map((row) => ({
      id: row.recording_id,
      checksum: row.checksum,
      purgedAt: row.purged_at,
      storedFilename: row.stored_filename,
      takeId: row.take_id,
      isEverywhere: row.is_everywhere === 1,
    }));
  }

  /** Every file of it is gone. */
  async finish(id: RecordingId): Promise<void> {
    await this.#sessions.withSession({ name: 'finish purge' }, (db) =>
      db.updateTable('tombstones').set({ is_finished: 1 }).where('recording_id', '=', id).execute(),
    );
  }

  async find(id: RecordingId): Promise<Tombstone | undefined> {
    const row = await this.#sessions.withSession({ name: 'find tombstone', readonly: true }, (db) =>
      db.selectFrom('tombstones').selectAll().where('recording_id', '=', id).executeTakeFirst(),
    );
    return row && { id: row.recording_id, checksum: row.checksum, purgedAt: row.purged_at };
  }
}
