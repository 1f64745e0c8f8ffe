import { type Kysely, sql } from 'kysely';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { listOf } from './json-rows.ts';
import { toRecording } from './recording-row.ts';

/** What another process did to a recording; of one that is gone, or going, there is nothing more to say. */
export interface NotedChange {
  readonly kind: 'added' | 'changed' | 'purged';
  readonly recordingId: RecordingId;
  readonly storeId: string;
  readonly recording: Recording | undefined;
}

/** `everything`: more than anybody would want to hear one by one, or nobody can tell any more. */
export type News = readonly NotedChange[] | 'everything';

interface Noted {
  readonly recordingId: RecordingId;
  readonly storeId: string;
  readonly isAdded: boolean;
  readonly isPurged: boolean;
}

const MAX_CHANGES = 500;
const KEPT_MINUTES = 15;
/** Whoever did not read for longer may have missed what was forgotten meanwhile. */
const SURE_MS = 10 * 60_000;
/** Nobody who ends a program should wait for a database that does not answer. */
const DEADLINE_MS = 5_000;

/**
 * What other processes commit in a catalogue that several share, in PostgreSQL only. Each reading remembers the snapshot
 * it was made in, and the next one takes what that one could not see: so nothing is missed or told twice, in whatever
 * order transactions end. After a crash of the database, or where another server took over, numbers of transactions may
 * come again: then what was noted is gone, and with it the row of each reader, who so notices. Failures as of the
 * sessions; the next reading then tells what this one could not.
 */
export class ChangeFeed {
  readonly #sessions: DatabaseSessions;
  readonly #nowMs: () => number;
  /** As the database knows this process. */
  #reader = '';
  #snapshot: string | undefined;
  #readAtMs = 0;

  /** `nowMs`: of a clock that nobody sets. */
  constructor(sessions: DatabaseSessions, nowMs: () => number = () => performance.now()) {
    this.#sessions = sessions;
    this.#nowMs = nowMs;
  }

  /** All that was committed since the last call; the first one only begins. */
  async read(): Promise<News> {
    const isFirst = this.#snapshot === undefined;
    if (isFirst) await this.forget();
    const { snapshot, isKnown, news } = await this.#look(this.#snapshot);
    const isSure = isKnown && this.#nowMs() - this.#readAtMs < SURE_MS;
    if (!isKnown) await this.forget();
    this.#snapshot = snapshot;
    this.#readAtMs = this.#nowMs();
    if (isFirst) return [];
    return isSure ? news : 'everything';
  }

  /** Removes what everybody has read long since, and says that this reader is still there. To be called now and then. */
  async forget(): Promise<void> {
    await this.#sessions.withSession({ name: 'forget changes', deadlineMs: DEADLINE_MS }, async (db) => {
      await sql`DELETE FROM recording_changes
        WHERE changed_at < now() - make_interval(mins => ${KEPT_MINUTES})`.execute(db);
      await sql`DELETE FROM change_readers WHERE seen_at < now() - interval '1 day'`.execute(db);
      const { rows } = await sql<{ reader: string }>`
        INSERT INTO change_readers (reader) VALUES (current_setting('voice_recorder.writer'))
          ON CONFLICT (reader) DO UPDATE SET seen_at = now() RETURNING reader`.execute(db);
      this.#reader = rows[0]?.reader ?? '';
    });
  }

  /** One session sees one state of the database: what it does not see yet is not in its snapshot either. */
  #look(since: string | undefined) {
    const session = { name: 'read changes', readonly: true, deadlineMs: DEADLINE_MS } as const;
    return this.#sessions.withSession(session, async (db) => {
      const { rows } = await sql<{ snapshot: string; isKnown: boolean }>`
        SELECT pg_current_snapshot()::text AS snapshot,
          EXISTS (SELECT FROM change_readers WHERE reader = ${this.#reader}) AS "isKnown"`.execute(db);
      const { snapshot = '', isKnown = false } = rows[0] ?? {};
      const news: News = since === undefined || !isKnown ? [] : await this.#readSince(db, since);
      return { snapshot, isKnown, news };
    });
  }

  async #readSince(db: Kysely<StoreSchema>, since: string): Promise<News> {
    const { rows: noted } = await sql<Noted>`
      SELECT recording_id AS "recordingId", store_id AS "storeId",
        bool_or(kind = 'added') AS "isAdded", bool_or(kind = 'purged') AS "isPurged"
      FROM recording_changes
      WHERE transaction_id >= pg_snapshot_xmin(${since}::pg_snapshot)
        AND NOT pg_visible_in_snapshot(transaction_id, ${since}::pg_snapshot)
        AND writer <> ${this.#reader}
      GROUP BY recording_id, store_id LIMIT ${MAX_CHANGES + 1}`.execute(db);
    if (noted.length === 0) return [];
    if (noted.length > MAX_CHANGES) return 'everything';
    const found = await db
      .selectFrom('recordings')
      .selectAll()
      .where('id', 'in', listOf(noted.map(({ recordingId }) => recordingId)))
      .where('status', '!=', 'placing')
      .execute();
    const recordingOf = new Map(found.map((row) => [row.id, toRecording(row)]));
    return noted.map((one) => toChange(one, recordingOf));
  }
}

function toChange(noted: Noted, recordingOf: ReadonlyMap<string, Recording>): NotedChange {
  const { recordingId, storeId, isAdded, isPurged } = noted;
  const recording = recordingOf.get(recordingId);
  const kind = isPurged || recording === undefined ? 'purged' : isAdded ? 'added' : 'changed';
  return { kind, recordingId, storeId, recording };
}
