import { sql } from 'kysely';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
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

/**
 * What other processes commit in a catalogue that several share, in PostgreSQL only. Each reading remembers the snapshot
 * it was made in, and the next one takes what that one could not see: so nothing is missed or told twice, in whatever
 * order transactions end. Failures as of the sessions; the next reading then tells what this one could not.
 */
export class ChangeFeed {
  readonly #sessions: DatabaseSessions;
  readonly #nowMs: () => number;
  #writer = '';
  #snapshot: string | undefined;
  #readAtMs = 0;

  /** `nowMs`: of a clock that nobody sets. */
  constructor(sessions: DatabaseSessions, nowMs: () => number = () => performance.now()) {
    this.#sessions = sessions;
    this.#nowMs = nowMs;
  }

  /** All that was committed since the last call; the first one only begins. */
  async read(): Promise<News> {
    const since = this.#snapshot;
    if (since === undefined) {
      await this.forget();
      const { snapshot } = await this.#look(undefined);
      this.#keep(snapshot);
      return [];
    }
    const { snapshot, hasGoneBack, news } = await this.#look(since);
    const isSure = this.#nowMs() - this.#readAtMs < SURE_MS && !hasGoneBack;
    this.#keep(snapshot);
    return isSure ? news : 'everything';
  }

  /** Removes what everybody has read long since. To be called now and then. */
  async forget(): Promise<void> {
    this.#writer = await this.#sessions.withSession({ name: 'forget changes' }, async (db) => {
      await db
        .deleteFrom('recording_changes')
        .where(sql<boolean>`changed_at < now() - make_interval(mins => ${KEPT_MINUTES})`)
        .execute();
      const { rows } = await sql<{ writer: string | null }>`
        SELECT current_setting('voice_recorder.writer', true) AS writer`.execute(db);
      return rows[0]?.writer ?? '';
    });
  }

  #keep(snapshot: string): void {
    this.#snapshot = snapshot;
    this.#readAtMs = this.#nowMs();
  }

  /** One session sees one state of the database: what it does not see yet is not in its snapshot either. */
  #look(since: string | undefined) {
    return this.#sessions.withSession({ name: 'read changes', readonly: true }, async (db) => {
      // A database that was brought back from a copy counts transactions from an earlier number on.
      const { rows } = await sql<{ snapshot: string; hasGoneBack: boolean }>`
        SELECT pg_current_snapshot()::text AS snapshot, coalesce(pg_snapshot_xmax(pg_current_snapshot())
          < pg_snapshot_xmax(${since ?? null}::pg_snapshot), false) AS "hasGoneBack"`.execute(db);
      const { snapshot = '', hasGoneBack = false } = rows[0] ?? {};
      if (since === undefined || hasGoneBack) return { snapshot, hasGoneBack, news: [] as const };
      const { rows: noted } = await sql<Noted>`
        SELECT recording_id AS "recordingId", store_id AS "storeId",
          bool_or(kind = 'added') AS "isAdded", bool_or(kind = 'purged') AS "isPurged"
        FROM recording_changes
        WHERE transaction_id >= pg_snapshot_xmin(${since}::pg_snapshot)
          AND NOT pg_visible_in_snapshot(transaction_id, ${since}::pg_snapshot)
          AND writer <> ${this.#writer}
        GROUP BY recording_id, store_id LIMIT ${MAX_CHANGES + 1}`.execute(db);
      if (noted.length === 0) return { snapshot, hasGoneBack, news: [] as const };
      if (noted.length > MAX_CHANGES) return { snapshot, hasGoneBack, news: 'everything' as const };
      const found = await db
        .selectFrom('recordings')
        .selectAll()
        .where('id', 'in', listOf(noted.map(({ recordingId }) => recordingId)))
        .where('status', '!=', 'placing')
        .execute();
      const recordingOf = new Map(found.map((row) => [row.id, toRecording(row)]));
      return { snapshot, hasGoneBack, news: noted.map((one) => toChange(one, recordingOf)) };
    });
  }
}

function toChange(noted: Noted, recordingOf: ReadonlyMap<string, Recording>): NotedChange {
  const { recordingId, storeId, isAdded, isPurged } = noted;
  const recording = recordingOf.get(recordingId);
  const kind = isPurged || recording === undefined ? 'purged' : isAdded ? 'added' : 'changed';
  return { kind, recordingId, storeId, recording };
}
