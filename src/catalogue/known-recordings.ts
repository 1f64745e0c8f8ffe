import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { Sha256Hex } from '../model/digest.ts';
import type { KnownTombstone } from '../model/tombstone.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { settleCollections } from './collection-rows.ts';
import { listOf } from './json-rows.ts';
import {
  buryRows,
  type KnownOutcome,
  type KnownRecording,
  oweSidecarRows,
  putKnownRows,
} from './known-rows.ts';

export type { KnownOutcome, KnownRecording } from './known-rows.ts';

/**
 * The catalogue as something that is made from files and sidecars, page by page: at most a few hundred entries in
 * one call. What a method resolved with is on stable storage.
 */
export class KnownRecordings {
  readonly #sessions: DatabaseSessions;
  readonly #home: string;

  /** `home`: the store whose files these are. */
  constructor(sessions: DatabaseSessions, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
  }

  /** Enters each in the version that is higher, the row's or this one. Rejects with `invalid-input`. */
  async put(known: readonly KnownRecording[]): Promise<readonly KnownOutcome[]> {
    if (known.length === 0) return [];
    return await this.#sessions.withSession({ name: 'put known' }, (db, context) =>
      putKnownRows(db, context, known, this.#home),
    );
  }

  /** Those of `paths` that a row has, as its original or claims. */
  async findPaths(paths: readonly string[]): Promise<ReadonlySet<string>> {
    if (paths.length === 0) return new Set();
    const rows = await this.#sessions.withSession({ name: 'find paths', readonly: true }, (db) =>
      db
        .selectFrom('recordings')
        .select('stored_filename')
        .where('stored_filename', 'in', listOf(paths))
        .execute(),
    );
    return new Set(rows.map((row) => row.stored_filename));
  }

  /** Where the originals of those of `ids` lie that have a row. */
  async findIds(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#sessions.withSession({ name: 'find ids', readonly: true }, (db) =>
      db.selectFrom('recordings').select(['id', 'stored_filename']).where('id', 'in', listOf(ids)).execute(),
    );
    return new Map(rows.map((row) => [row.id, row.stored_filename]));
  }

  /** Where the originals with this checksum lie in this store. */
  async findByChecksum(checksum: Sha256Hex): Promise<readonly string[]> {
    const rows = await this.#sessions.withSession({ name: 'find by checksum', readonly: true }, (db) =>
      db
        .selectFrom('recordings')
        .select('stored_filename')
        .where('checksum', '=', checksum)
        .where(atHome(db, this.#home))
        .execute(),
    );
    return rows.map((row) => row.stored_filename);
  }

  /**
   * Shows each tag in the spelling of the oldest recording that bears it, in whatever order they were entered, and
   * each collection in that of the oldest one in it.
   */
  async settleTags(): Promise<void> {
    await this.#sessions.withSession({ name: 'settle tags' }, (db, { batch }) =>
      // On PostgreSQL a view shows that spelling by itself.
      batch([settleCollections(db), ...(dialectOf(db) === 'sqlite' ? [settleTagCounts(db)] : [])]),
    );
  }

  /** Enters what was purged; rows that an older catalogue still has of it go. */
  async bury(tombstones: readonly KnownTombstone[]): Promise<void> {
    if (tombstones.length === 0) return;
    await this.#sessions.withSession({ name: 'bury known' }, (db, context) =>
      buryRows(db, context, tombstones, this.#home),
    );
  }

  /** Asks for sidecars to be written again: those that are lost. */
  async oweSidecars(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#sessions.withSession({ name: 'owe sidecars' }, (db, context) =>
      oweSidecarRows(db, context, ids),
    );
  }
}

function settleTagCounts(db: Kysely<StoreSchema>): CompiledQuery {
  return sql`UPDATE tag_counts SET tag = coalesce(
    (SELECT t.tag FROM recording_tags AS t
      WHERE t.tag_key = tag_counts.tag_key AND t.shelf = 'library' ORDER BY t.created_at LIMIT 1), tag)`.compile(
    db,
  );
}
