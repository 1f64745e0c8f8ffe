import { sql } from 'kysely';
import { OWNER_NAME } from '../model/access.ts';
import type { AudioMeasurement } from '../model/audio-measurement.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { Sha256Hex } from '../model/digest.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type {
  Recording,
  RecordingAlias,
  RecordingAmendment,
  RecordingPage,
  RecordingQuery,
} from '../model/recording.ts';
import type { UploadReceipt } from '../model/upload.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions, SessionWork } from '../sessions/database-sessions.ts';
import { readSidecarHistory } from './history-rows.ts';
import { countAtHome, type RecordingTotals, readStanding, readTotals } from './library-totals.ts';
import { type Activation, activatingTogether, readReceipt, receiptQueries } from './recording-activations.ts';
import {
  aliasRow,
  amendRow,
  markSoundRow,
  measuredRow,
  type RecordingChange,
  relocateRow,
  restoreRow,
  trashRow,
} from './recording-changes.ts';
import { type Claim, type ClaimOutcome, claimingTogether } from './recording-claims.ts';
import { listRecordings, readPageByAge } from './recording-list.ts';
import { toRecording } from './recording-row.ts';
import { readTake } from './take-rows.ts';
import { readUnmeasured } from './unmeasured-rows.ts';
import { WayMemory } from './way-memory.ts';

export type { RecordingTotals } from './library-totals.ts';
export type { ClaimOutcome } from './recording-claims.ts';

/** One of several recordings that are changed together. */
export interface ChangeTarget {
  readonly id: RecordingId;
  readonly expectedVersion?: number;
}

export interface TagCount {
  readonly tag: string;
  readonly count: number;
}

/**
 * The catalogue of recordings. What a method that changes something resolved with is on stable storage.
 * All may reject with the codes of {@link DatabaseSessions.withSession}.
 */
export class RecordingRepository {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;
  readonly #home: string;
  readonly #ways = new WayMemory();
  readonly #claim: (claim: Claim) => Promise<ClaimOutcome>;
  readonly #activate: (activation: Activation) => Promise<Recording>;

  /** `home`: the store whose files new recordings have; where others share the catalogue, it tells theirs apart. */
  constructor(sessions: DatabaseSessions, clock: Clock, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
    this.#clock = clock;
    this.#claim = claimingTogether(sessions, home);
    this.#activate = activatingTogether(sessions);
  }

  /**
   * Reserves id, path and, when `isDeduplicated`, the checksum: of several claims for the same bytes one wins.
   * Repeating the claim of an upload that was not finished is harmless. A file is refused with `disk-full` when the
   * disk of the database has too little room.
   */
  claim(recording: Recording, options: { readonly isDeduplicated: boolean }): Promise<ClaimOutcome> {
    return this.#claim({ recording, ...options });
  }

  /**
   * Makes a claimed recording visible, in one transaction with its search entry, its owed sidecar and the upload's
   * receipt. `hasSidecar`: the sidecar of exactly this recording, active, is on stable storage already and not owed.
   * Harmless when repeated. Rejects with `recording-unknown` when nothing was claimed.
   */
  activate(
    recording: Recording,
    receipt: UploadReceipt | null,
    { hasSidecar = false }: { readonly hasSidecar?: boolean } = {},
  ): Promise<Recording> {
    return this.#activate({ recording, receipt, hasSidecar });
  }

  /** Frees what a claim reserved. An activated recording stays. */
  async abandonClaim(id: RecordingId): Promise<void> {
    await this.#write('abandon claim', (db) =>
      db.deleteFrom('recordings').where('id', '=', id).where('status', '=', 'placing').execute(),
    );
  }

  /** Claims of this store that were neither activated nor abandoned, oldest first. */
  async listPlacing(): Promise<readonly Recording[]> {
    const rows = await this.#read('list placing', (db) =>
      db
        .selectFrom('recordings')
        .selectAll()
        // Written out, not bound: only so does SQLite see that its index over these few rows will do.
        .where(sql<boolean>`status = 'placing'`)
        .where(atHome(db, this.#home))
        .orderBy('id')
        .execute(),
    );
    return rows.map(toRecording);
  }

  /** Keeps what a duplicate upload said about the bytes. Rejects with `recording-unknown`. */
  addAlias(id: RecordingId, alias: RecordingAlias, receipt: UploadReceipt | null): Promise<Recording> {
    return this.#change('add alias', id, undefined, (change) =>
      aliasRow(change, alias, receipt ? receiptQueries(change.db, [receipt]) : []),
    );
  }

  /** Also one that is still being placed, or lies in the trash. */
  async find(id: RecordingId): Promise<Recording | undefined> {
    const row = await this.#read('find', (db) =>
      db.selectFrom('recordings').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row && toRecording(row);
  }

  /** All recordings that bear this take id, in the order of segments; those being placed and in the trash too. */
  listTake(takeId: string): Promise<readonly Recording[]> {
    return this.#read('list take', (db) => readTake(db, takeId));
  }

  /** The recording of this store that stands for these bytes: the deduplicated one, else the oldest take or edit. */
  findByChecksum(checksum: Sha256Hex): Promise<Recording | undefined> {
    return this.#read('find by checksum', (db) => readStanding(db, checksum, this.#home));
  }

  /** What the recording's sidecar carries of its history, newest first; nothing for one that there is not. */
  sidecarHistory(id: RecordingId): Promise<readonly HistoryEntry[]> {
    return this.#read('read sidecar history', (db) => readSidecarHistory(db, id));
  }

  /** Rejects with `cursor-invalid`, or `invalid-input` for a limit outside 1 to 500. */
  list(query: RecordingQuery): Promise<RecordingPage> {
    return this.#read('list', (db) => listRecordings(db, query, this.#ways));
  }

  /** Tags of the library with their counts, most used first. */
  tags(): Promise<readonly TagCount[]> {
    return this.#read('tags', (db) =>
      db
        .selectFrom('tag_counts')
        .select(['tag', 'recording_count as count'])
        .orderBy('recording_count', 'desc')
        .orderBy('tag_key')
        .execute(),
    );
  }

  /**
   * `by`: the name of whose change it is; it stands in the history. Null: a machine's, which no history tells.
   * Rejects with `recording-unknown`, `invalid-input`, or `version-conflict` when `expectedVersion` is stale.
   */
  amend(
    id: RecordingId,
    amendment: RecordingAmendment,
    expectedVersion?: number,
    by: string | null = OWNER_NAME,
  ): Promise<Recording> {
    return this.#change('amend', id, expectedVersion, (change) => amendRow({ ...change, by }, amendment));
  }

  /** The file stays where it is. `by` as in {@link amend}. Rejects with `recording-unknown` or `version-conflict`. */
  trash(id: RecordingId, expectedVersion?: number, by: string | null = OWNER_NAME): Promise<Recording> {
    return this.#change('trash', id, expectedVersion, (change) => trashRow({ ...change, by }));
  }

  /** `by` as in {@link amend}. Rejects with `recording-unknown`. */
  restore(id: RecordingId, by: string | null = OWNER_NAME): Promise<Recording> {
    return this.#change('restore', id, undefined, (change) => restoreRow({ ...change, by }));
  }

  /** Amends several recordings, all or none. `by` and rejections as of {@link amend}. */
  amendAll(
    targets: readonly ChangeTarget[],
    amendment: RecordingAmendment,
    by: string | null = OWNER_NAME,
  ): Promise<readonly Recording[]> {
    return this.#changeAll('amend all', targets, (change) => amendRow({ ...change, by }, amendment));
  }

  /** `by` and rejections as of {@link trash}; all or none. */
  trashAll(targets: readonly ChangeTarget[], by: string | null = OWNER_NAME): Promise<readonly Recording[]> {
    return this.#changeAll('trash all', targets, (change) => trashRow({ ...change, by }));
  }

  /** `by` and rejections as of {@link restore}; all or none. */
  restoreAll(
    targets: readonly ChangeTarget[],
    by: string | null = OWNER_NAME,
  ): Promise<readonly Recording[]> {
    return this.#changeAll('restore all', targets, (change) => restoreRow({ ...change, by }));
  }

  /** Makes a damaged or missing recording active again, when its bytes were healed. Rejects with `recording-unknown`. */
  markSound(id: RecordingId): Promise<Recording> {
    return this.#change('mark sound', id, undefined, markSoundRow);
  }

  /** Keeps what was measured of the sound, once. Counts as no amendment. Rejects with `recording-unknown`. */
  keepMeasurement(id: RecordingId, measurement: AudioMeasurement): Promise<Recording> {
    return this.#change('keep measurement', id, undefined, (change) => measuredRow(change, measurement));
  }

  /** Ids behind `after` of recordings of this store whose sound was not measured yet and waits in no job, in the order of ids. */
  listUnmeasured(after: RecordingId, limit: number): Promise<readonly RecordingId[]> {
    return this.#read('list unmeasured', (db) => readUnmeasured(db, this.#home, after, limit));
  }

  /** Says where the bytes lie now. Rejects with `recording-unknown`. */
  relocate(id: RecordingId, storedFilename: string): Promise<Recording> {
    return this.#change('relocate', id, undefined, (change) => relocateRow(change, storedFilename));
  }

  findReceipt(uploadId: RecordingId): Promise<UploadReceipt | undefined> {
    return this.#read('find receipt', (db) => readReceipt(db, uploadId));
  }

  /** Of all stores that share the catalogue. */
  totals(): Promise<RecordingTotals> {
    return this.#read('totals', readTotals);
  }

  /** How many recordings {@link streamAll} comes to. */
  countHere(): Promise<number> {
    return this.#read('count here', (db) => countAtHome(db, this.#home));
  }

  /** All recordings of this store that have a file, the trash included, oldest first; `batchSize` rows are read at a time. */
  async *streamAll(batchSize = 500): AsyncGenerator<Recording, void, undefined> {
    let after: Recording | undefined;
    do {
      const position = after;
      const page = await this.#read('stream', (db) => readPageByAge(db, this.#home, position, batchSize));
      yield* page;
      after = page.at(-1);
    } while (after);
  }

  #read<T>(name: string, work: SessionWork<T>): Promise<T> {
    return this.#sessions.withSession({ name, readonly: true }, work);
  }

  #write<T>(name: string, work: SessionWork<T>): Promise<T> {
    return this.#sessions.withSession({ name }, work);
  }

  #changeAll(
    name: string,
    targets: readonly ChangeTarget[],
    work: (change: RecordingChange) => Promise<Recording>,
  ): Promise<readonly Recording[]> {
    return this.#write(name, async (db, { batch }) => {
      const now = toIsoUtc(this.#clock.nowMs());
      const changed = new Map<string, Recording>();
      // In one order for everybody: two who change the same ones would else wait for each other.
      for (const target of targets.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
        changed.set(target.id, await work({ db, batch, now, ...target }));
      }
      return targets.flatMap(({ id }) => changed.get(id) ?? []);
    });
  }

  #change(
    name: string,
    id: RecordingId,
    expectedVersion: number | undefined,
    work: (change: RecordingChange) => Promise<Recording>,
  ): Promise<Recording> {
    return this.#write(name, (db, { batch }) =>
      work({ db, batch, id, expectedVersion, now: toIsoUtc(this.#clock.nowMs()) }),
    );
  }
}
