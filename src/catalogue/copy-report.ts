import { sql } from 'kysely';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { COPY_STATES, type Copy, type CopyCounts, type CopyStateName } from '../model/copy.ts';
import type { RecordingId } from '../model/id.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { LedgerTarget } from './copy-ledger.ts';

/** How a target stands as a whole. */
export interface LedgerSummary {
  readonly copies: CopyCounts;
  readonly owedBytes: number;
  readonly lastVerifiedAt: string | null;
  readonly oldestVerifiedAt: string | null;
}

/** A copy that is to be read again. */
export interface VerifiedCopy {
  readonly recordingId: RecordingId;
  readonly storedFilename: string;
  readonly checksum: string;
}

export interface CopyFilter {
  readonly state?: CopyStateName | undefined;
  readonly recordingId?: RecordingId | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

/** What the ledger of copies says. Failures as of the sessions. */
export class CopyReport {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;

  constructor(sessions: DatabaseSessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  async summary(target: LedgerTarget): Promise<LedgerSummary> {
    const rows = await this.#sessions.withSession({ name: 'count copies', readonly: true }, (db) =>
      db
        .selectFrom('copies')
        .select(['state', sql<number>`count(*)`.as('count'), sql<number>`sum(size_bytes)`.as('bytes')])
        .select((row) => [row.fn.max('verified_at').as('last'), row.fn.min('verified_at').as('oldest')])
        .where('target_id', '=', target.id)
        .groupBy('state')
        .execute(),
    );
    const counts = Object.fromEntries(COPY_STATES.map((state) => [state, 0])) as Record<
      CopyStateName,
      number
    >;
    let owedBytes = 0;
    for (const { state, count, bytes } of rows) {
      counts[state as CopyStateName] = Number(count);
      if (!isThere(state)) owedBytes += Number(bytes);
    }
    const dates = rows.filter(({ state }) => isThere(state));
    return {
      copies: counts,
      owedBytes,
      lastVerifiedAt: dates.map(({ last }) => last).reduce(later, null),
      oldestVerifiedAt: dates.map(({ oldest }) => oldest).reduce(earlier, null),
    };
  }

  /** Newest recordings first. */
  async list(target: LedgerTarget, { state, recordingId, limit }: CopyFilter): Promise<readonly Copy[]> {
    const rows = await this.#sessions.withSession({ name: 'list copies', readonly: true }, (db) =>
      db
        .selectFrom('copies')
        .selectAll()
        .where('target_id', '=', target.id)
        .$if(state !== undefined, (query) => query.where('state', '=', state ?? ''))
        .$if(recordingId !== undefined, (query) => query.where('recording_id', '=', recordingId ?? ''))
        .orderBy('recording_id', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      recordingId: row.recording_id,
      target: target.name,
      state: row.state as CopyStateName,
      sizeBytes: Number(row.size_bytes),
      storedFilename: row.stored_filename,
      attempts: row.attempts,
      nextTryAt: row.next_try_ms === null || row.next_try_ms === 0 ? null : toIsoUtc(Number(row.next_try_ms)),
      sentAt: row.sent_at,
      verifiedAt: row.verified_at,
      error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    }));
  }

  /** Whether something of the target is to be done now. */
  async isAnyDue(target: LedgerTarget): Promise<boolean> {
    const row = await this.#sessions.withSession({ name: 'next due copy', readonly: true }, (db) =>
      db
        .selectFrom('copies')
        .select('recording_id')
        .where('target_id', '=', target.id)
        .where('next_try_ms', '<=', this.#clock.nowMs())
        .limit(1)
        .executeTakeFirst(),
    );
    return row !== undefined;
  }

  /** Verified copies that nobody read since `before` (ISO 8601 UTC), the longest ago first. */
  async oldestVerified(
    target: LedgerTarget,
    before: string,
    limit: number,
  ): Promise<readonly VerifiedCopy[]> {
    const rows = await this.#sessions.withSession({ name: 'list oldest copies', readonly: true }, (db) =>
      db
        .selectFrom('copies as c')
        .innerJoin('recordings as r', 'r.id', 'c.recording_id')
        .select(['c.recording_id', 'c.stored_filename', 'r.checksum'])
        .where('c.target_id', '=', target.id)
        .where('c.state', '=', 'verified')
        .where('c.verified_at', '<', before)
        .orderBy('c.verified_at')
        .limit(limit)
        .execute(),
    );
    return rows.map(({ recording_id: recordingId, stored_filename: storedFilename, checksum }) => ({
      recordingId,
      storedFilename,
      checksum,
    }));
  }
}

function isThere(state: string): boolean {
  return state === 'verified' || state === 'stale';
}

function later(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function earlier(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b < a) ? b : a;
}
