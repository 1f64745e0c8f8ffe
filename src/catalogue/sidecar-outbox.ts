import type { KnownSidecar } from '../model/sidecar-reading.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import { readSidecarHistory } from './history-rows.ts';
import { toRecording } from './recording-row.ts';

/** The sidecars that this store owes: each change of a recording, by whomever, adds one in its own transaction. */
export class SidecarOutbox {
  readonly #sessions: DatabaseSessions;
  readonly #home: string;

  constructor(sessions: DatabaseSessions, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
  }

  /** The recording as it is now, and what its sidecar carries of its history, if the sidecar is owed. */
  async findOwed(id: string): Promise<KnownSidecar | undefined> {
    return await this.#sessions.withSession({ name: 'find owed sidecar', readonly: true }, async (db) => {
      const row = await db
        .selectFrom('sidecar_outbox as o')
        .innerJoin('recordings as r', 'r.id', 'o.recording_id')
        .selectAll('r')
        .where('o.recording_id', '=', id)
        .where(atHome(db, this.#home, 'r.store_id'))
        .executeTakeFirst();
      return row && { recording: toRecording(row), history: await readSidecarHistory(db, id) };
    });
  }

  /** The recording as it is now, and what its sidecar carries of its history, owed or not. */
  async describe(id: string): Promise<KnownSidecar | undefined> {
    return await this.#sessions.withSession({ name: 'describe recording', readonly: true }, async (db) => {
      const row = await db.selectFrom('recordings').selectAll().where('id', '=', id).executeTakeFirst();
      return row && { recording: toRecording(row), history: await readSidecarHistory(db, id) };
    });
  }

  /** Ids of owed sidecars behind `after`, in the order of ids. */
  async listOwed(after: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#sessions.withSession({ name: 'list owed sidecars', readonly: true }, (db) =>
      db
        .selectFrom('sidecar_outbox')
        .select('recording_id')
        .$if(dialectOf(db) === 'postgres', (query) =>
          query.where(({ exists, selectFrom }) =>
            exists(
              selectFrom('recordings')
                .select('id')
                .whereRef('id', '=', 'recording_id')
                .where(atHome(db, this.#home)),
            ),
          ),
        )
        .where('recording_id', '>', after)
        .orderBy('recording_id')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => row.recording_id);
  }

  /** Strikes out what was written; a sidecar that was asked for in a higher version stays owed. */
  async settle(id: string, writtenVersion: number): Promise<void> {
    await this.#sessions.withSession({ name: 'settle sidecar' }, (db) =>
      db
        .deleteFrom('sidecar_outbox')
        .where('recording_id', '=', id)
        .where('version', '<=', writtenVersion)
        .execute(),
    );
  }
}
