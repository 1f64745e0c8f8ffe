import type { Kysely, Updateable } from 'kysely';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { CopyFault, CopyStateName } from '../model/copy.ts';
import type { RecordingId } from '../model/id.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { CopyTable } from '../sessions/copy-schema.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { enterOwed, SENT_STATUSES, surveyed } from './copy-survey.ts';
import { lockedRow, showCopy } from './shown-copies.ts';

/** A target as the ledger knows it: rows keep the id, people read the name. */
export interface LedgerTarget {
  readonly id: string;
  readonly name: string;
}

/** A copy that something is to be done about. */
export interface DueCopy {
  readonly recordingId: RecordingId;
  readonly title: string;
  readonly state: CopyStateName;
  readonly storedFilename: string;
  readonly checksum: string;
  readonly sizeBytes: number;
  readonly attempts: number;
  /** What lies there may be of our making. */
  readonly isBegun: boolean;
  readonly session: string | null;
  /** The bytes were verified; only what is said of them is to be sent. */
  readonly isVerified: boolean;
}

/** How a copy failed. */
export interface FailedCopy {
  readonly state: 'failed' | 'conflict';
  readonly fault: CopyFault;
  readonly nextTryMs: number | null;
}

/** Where a survey goes on; undefined when it is through. */
export type SurveyPlace = string | undefined;

const SURVEYED_AT_ONCE = 500;
const FORGOTTEN_AT_ONCE = 100;

/** Which recordings have copies where. Failures as of the sessions. */
export class CopyLedger {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;
  readonly #home: string;

  constructor(sessions: DatabaseSessions, clock: Clock, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#home = home;
  }

  /**
   * Enters what a target owes some recordings, in the order of their ids from behind `after`: a copy where it has
   * none, newer metadata where what was sent is older. Resolves to where to go on.
   */
  survey(target: LedgerTarget, after: string): Promise<SurveyPlace> {
    return this.#sessions.withSession({ name: 'survey copies' }, async (db, context) => {
      const rows = await surveyed(db, target, this.#home)
        .where('r.id', '>', after)
        .orderBy('r.id')
        .limit(SURVEYED_AT_ONCE)
        .execute();
      await enterOwed(db, context, target, rows);
      return rows.length < SURVEYED_AT_ONCE ? undefined : rows.at(-1)?.id;
    });
  }

  /** The same for one recording that was added or changed. True when something is owed now that was not. */
  owe(target: LedgerTarget, id: RecordingId): Promise<boolean> {
    return this.#sessions.withSession({ name: 'owe copy' }, async (db, context) => {
      const rows = await surveyed(db, target, this.#home).where('r.id', '=', id).execute();
      return (await enterOwed(db, context, target, rows)) > 0;
    });
  }

  /** What is due, the longest first; of `ids` when given, whether due or not. */
  async due(
    target: LedgerTarget,
    limit: number,
    {
      ids,
      except = [],
    }: { readonly ids?: readonly RecordingId[]; readonly except?: readonly RecordingId[] } = {},
  ): Promise<readonly DueCopy[]> {
    const nowMs = this.#clock.nowMs();
    const rows = await this.#sessions.withSession({ name: 'list due copies', readonly: true }, (db) =>
      db
        .selectFrom('copies as c')
        .innerJoin('recordings as r', 'r.id', 'c.recording_id')
        .select([
          'c.recording_id',
          'r.title',
          'c.state',
          'r.stored_filename',
          'r.checksum',
          'r.filesize_bytes',
        ])
        .select(['c.attempts', 'c.begun_at', 'c.session', 'c.verified_at', 'c.stored_filename as sent_as'])
        .where('c.target_id', '=', target.id)
        .where('r.status', 'in', SENT_STATUSES)
        .$if(ids === undefined, (query) => query.where('c.next_try_ms', '<=', nowMs))
        .$if(ids !== undefined, (query) => query.where('c.recording_id', 'in', ids ?? []))
        .$if(except.length > 0, (query) => query.where('c.recording_id', 'not in', except))
        .orderBy('c.next_try_ms')
        .orderBy('c.recording_id')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      recordingId: row.recording_id,
      title: row.title,
      state: row.state as CopyStateName,
      storedFilename: row.stored_filename,
      checksum: row.checksum,
      sizeBytes: row.filesize_bytes,
      attempts: row.attempts,
      isBegun: row.begun_at !== null,
      session: row.session,
      isVerified: row.verified_at !== null && row.sent_as === row.stored_filename,
    }));
  }

  /** Before the first byte is sent: from here on what lies at the target may be ours. */
  begin(target: LedgerTarget, { recordingId, attempts, storedFilename }: DueCopy): Promise<void> {
    return this.#change(target, recordingId, {
      state: 'sending',
      attempts: attempts + 1,
      begun_at: this.#now(),
      stored_filename: storedFilename,
    });
  }

  keepSession(target: LedgerTarget, id: RecordingId, session: string | null): Promise<void> {
    return this.#change(target, id, { session });
  }

  markSent(target: LedgerTarget, id: RecordingId): Promise<void> {
    return this.#change(target, id, { state: 'sent', sent_at: this.#now(), session: null });
  }

  /**
   * The right bytes were read at the target, and metadata of this `version` lies beside them. Newer metadata is owed
   * at once.
   */
  settle(target: LedgerTarget, id: RecordingId, version: number): Promise<void> {
    return this.#enter(target, id, (current) => ({
      state: current > version ? 'stale' : 'verified',
      next_try_ms: current > version ? this.#clock.nowMs() : null,
      version,
      attempts: 0,
      session: null,
      verified_at: this.#now(),
      error_code: null,
      error_message: null,
    }));
  }

  /** Its bytes were read at the target once more, and are right. */
  reverified(target: LedgerTarget, id: RecordingId): Promise<void> {
    return this.#enter(target, id, () => ({ state: 'verified', verified_at: this.#now() }));
  }

  /** `nextTryMs`: null where only a person can help. */
  fail(target: LedgerTarget, id: RecordingId, attempts: number, failing: FailedCopy): Promise<void> {
    const { state, fault, nextTryMs } = failing;
    return this.#enter(target, id, () => ({
      state,
      attempts,
      next_try_ms: nextTryMs,
      error_code: fault.code,
      error_message: fault.message,
      // What is not right any more counts for nothing.
      verified_at: null,
    }));
  }

  /** Puts off what could not be tried, because the target as a whole did not answer. The try does not count. */
  postpone(target: LedgerTarget, { recordingId, state, attempts }: DueCopy): Promise<void> {
    return this.#change(target, recordingId, { state, attempts });
  }

  /** Has failed copies tried again now; all of the target's when no ids are given. Resolves to their number. */
  retry(target: LedgerTarget, ids?: readonly RecordingId[]): Promise<number> {
    return this.#sessions.withSession({ name: 'retry copies' }, async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('copies')
        .set({ next_try_ms: this.#clock.nowMs(), attempts: 0 })
        .where('target_id', '=', target.id)
        .where('state', 'in', ['failed', 'conflict'])
        .$if(ids !== undefined, (query) => query.where('recording_id', 'in', ids ?? []))
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    });
  }

  /** A target that is removed has no copies any more, as far as this store and its sidecars say. */
  async forget(target: LedgerTarget): Promise<void> {
    for (let isMore = true; isMore; ) {
      isMore = await this.#sessions.withSession({ name: 'forget copies' }, async (db, { batch }) => {
        const rows = await db
          .selectFrom('copies')
          .select('recording_id')
          .where('target_id', '=', target.id)
          .limit(FORGOTTEN_AT_ONCE)
          .execute();
        const ids = rows.map(({ recording_id }) => recording_id);
        if (ids.length === 0) return false;
        for (const id of ids) await showCopy(db, batch, id, { target: target.name, state: null });
        await db
          .deleteFrom('copies')
          .where('target_id', '=', target.id)
          .where('recording_id', 'in', ids)
          .execute();
        return true;
      });
    }
  }

  #change(target: LedgerTarget, id: RecordingId, values: Updateable<CopyTable>): Promise<void> {
    return this.#sessions.withSession({ name: 'change copy' }, (db) => update(db, target, id, values));
  }

  /** In one transaction with what the recording, and so its sidecar, says of its copies. */
  #enter(
    target: LedgerTarget,
    id: RecordingId,
    valuesAt: (version: number) => Updateable<CopyTable>,
  ): Promise<void> {
    return this.#sessions.withSession({ name: 'enter copy' }, async (db, { batch }) => {
      const { version = 0 } = (await lockedRow(db, id)) ?? {};
      const values = valuesAt(version);
      await update(db, target, id, values);
      const state = values.state ?? null;
      await showCopy(db, batch, id, { target: target.name, state, verifiedAt: values.verified_at ?? null });
    });
  }

  #now(): string {
    return toIsoUtc(this.#clock.nowMs());
  }
}

async function update(
  db: Kysely<StoreSchema>,
  target: LedgerTarget,
  id: RecordingId,
  values: Updateable<CopyTable>,
): Promise<void> {
  await db
    .updateTable('copies')
    .set(values)
    .where('target_id', '=', target.id)
    .where('recording_id', '=', id)
    .execute();
}
