import { type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { Recording } from '../model/recording.ts';
import type { FixityCheck, VerificationReport, VerificationResult } from '../model/verification.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { markSoundRow, markUnsoundRow, type RecordingChange } from './recording-changes.ts';
import { type RecordingRow, toRecording } from './recording-row.ts';

const MAX_FAULTS = 500;

/** When each original was last read again, and what was found. Failures as of the sessions. */
export class VerificationRepository {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;
  readonly #home: string;

  /** `home`: the store whose originals are read. */
  constructor(sessions: DatabaseSessions, clock: Clock, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
    this.#clock = clock;
  }

  /**
   * Recordings that have a file, the trash included, and were not checked since `before` (ISO 8601 UTC): never checked
   * ones first, then the longest ago. A check that is dated later than now was made before the clock was set back, and
   * nobody knows how long ago that was: it counts as none.
   */
  async listOldest(limit: number, before: string): Promise<readonly Recording[]> {
    const now = toIsoUtc(this.#clock.nowMs());
    const rows = await this.#sessions.withSession(
      { name: 'list oldest verified', readonly: true },
      async (db) => {
        const found: RecordingRow[] = [];
        for (const isDue of dueSpans(now, before)) {
          if (found.length >= limit) break;
          const select = db
            .selectFrom('recordings')
            .selectAll()
            .where(atHome(db, this.#home))
            .where('status', '!=', 'placing')
            .where(isDue);
          const ordered = select
            .orderBy('last_verified_at')
            .orderBy('id')
            .limit(limit - found.length);
          found.push(...(await ordered.execute()));
        }
        return found;
      },
    );
    return rows.map(toRecording);
  }

  /** How many recordings {@link listOldest} would come to. */
  countDue(before: string): Promise<number> {
    const now = toIsoUtc(this.#clock.nowMs());
    return this.#sessions.withSession({ name: 'count due checks', readonly: true }, async (db) => {
      let sum = 0;
      for (const isDue of dueSpans(now, before)) {
        const { count } = await db
          .selectFrom('recordings')
          .select(sql<number>`count(*)`.as('count'))
          .where(atHome(db, this.#home))
          .where('status', '!=', 'placing')
          .where(isDue)
          .executeTakeFirstOrThrow();
        sum += count;
      }
      return sum;
    });
  }

  /**
   * Enters what was found, in one transaction. A check of a path or of bytes that are the recording's no longer
   * counts for nothing. Resolves to the recordings whose status or version it changed.
   */
  enter(checks: readonly FixityCheck[]): Promise<readonly Recording[]> {
    return this.#sessions.withSession({ name: 'enter checks' }, async (db, { batch }) => {
      const now = toIsoUtc(this.#clock.nowMs());
      const standing = await readStanding(db, checks);
      const queries: CompiledQuery[] = [];
      const changed: Recording[] = [];
      for (const check of checks) {
        const row = standing.get(check.id);
        if (row?.stored_filename !== check.storedFilename || row.checksum !== check.expected) continue;
        queries.push(...entryQueries(db, check));
        const recording = await settleStatus({ db, batch, id: check.id, now }, row, check.result);
        if (recording !== undefined && recording.version !== row.version) {
          changed.push({ ...recording, lastVerifiedAt: check.checkedAt });
        }
      }
      await batch(queries);
      return changed;
    });
  }

  /** Where the store stands as a whole. */
  report(): Promise<VerificationReport> {
    return this.#sessions.withSession({ name: 'report verification', readonly: true }, async (db) => {
      const oldest = await db
        .selectFrom('recordings')
        .select(['id', 'title', 'last_verified_at as lastVerifiedAt'])
        .where('status', '!=', 'placing')
        .where(atHome(db, this.#home))
        .orderBy('last_verified_at', (order) => order.asc().nullsFirst())
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      const { count } = await db
        .selectFrom('recordings')
        .select(sql<number>`count(*)`.as('count'))
        .where('last_verified_at', 'is', null)
        .where(atHome(db, this.#home))
        .executeTakeFirstOrThrow();
      const faults = await db
        .selectFrom('verification_faults')
        .selectAll()
        .$if(dialectOf(db) === 'postgres', (query) =>
          query.where('recording_id', 'in', (row) =>
            row.selectFrom('recordings').select('id').where(atHome(db, this.#home)),
          ),
        )
        .orderBy('recording_id')
        .limit(MAX_FAULTS)
        .execute();
      return {
        oldest: oldest ?? null,
        neverVerifiedCount: count,
        faults: faults.map((row) => ({
          id: row.recording_id,
          storedFilename: row.stored_filename,
          result: row.result as VerificationResult,
          expected: row.expected,
          found: row.found,
          checkedAt: row.checked_at,
          message: row.message,
        })),
      };
    });
  }
}

/** Spans of the index over the last checks that do not meet, in the order in which they are due. */
function dueSpans(now: string, before: string): readonly RawBuilder<boolean>[] {
  const until = before < now ? before : now;
  return [sql`last_verified_at IS NULL`, sql`last_verified_at > ${now}`, sql`last_verified_at < ${until}`];
}

async function readStanding(db: Kysely<StoreSchema>, checks: readonly FixityCheck[]) {
  const rows = await forChange(
    db
      .selectFrom('recordings')
      .select(['id', 'stored_filename', 'checksum', 'version', 'status', 'status_before_trash'])
      .where('status', '!=', 'placing')
      .where(
        'id',
        'in',
        checks.map(({ id }) => id),
      )
      // Always in the same order, so that two such sessions wait for each other in one direction only.
      .orderBy('id'),
  ).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Only what is ok makes a recording sound again; an unreadable file may be sound or not, so it changes no status. */
function settleStatus(
  change: RecordingChange,
  row: { readonly status: string; readonly status_before_trash: string | null },
  result: VerificationResult,
): Promise<Recording> | undefined {
  if (result === 'damaged' || result === 'missing') return markUnsoundRow(change, result);
  const status = row.status === 'trashed' ? row.status_before_trash : row.status;
  const isUnsound = status === 'damaged' || status === 'missing';
  return result === 'ok' && isUnsound ? markSoundRow(change) : undefined;
}

function entryQueries(db: Kysely<StoreSchema>, check: FixityCheck): CompiledQuery[] {
  const { id, storedFilename, result, expected, found, checkedAt, message } = check;
  const verified = db
    .updateTable('recordings')
    .set({ last_verified_at: checkedAt })
    .where('id', '=', id)
    .compile();
  if (result === 'ok') {
    return [verified, db.deleteFrom('verification_faults').where('recording_id', '=', id).compile()];
  }
  const fault = {
    stored_filename: storedFilename,
    result,
    expected,
    found,
    checked_at: checkedAt,
    message: message ?? '',
  };
  const entry = db
    .insertInto('verification_faults')
    .values({ recording_id: id, ...fault })
    .onConflict((conflict) => conflict.column('recording_id').doUpdateSet(fault));
  return [verified, entry.compile()];
}
