import { OWNER_NAME } from '../model/access.ts';
import { checkCollection, tagKey } from '../model/amendment.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording, RecordingAmendment } from '../model/recording.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { readCollections, readMembers } from './collection-rows.ts';
import { amendRow } from './recording-changes.ts';

/** Whoever else wants to write waits no longer than for that many recordings. */
const CHUNK_SIZE = 100;

interface CollectionCount {
  readonly collection: string;
  readonly count: number;
}

/** Collections as a whole. A recording is in any number of them. Failures as of the sessions. */
export class Collections {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;
  readonly #chunkSize: number;

  /** `chunkSize`: recordings that are changed in one transaction; 100 when not given. */
  constructor(sessions: DatabaseSessions, clock: Clock, chunkSize = CHUNK_SIZE) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#chunkSize = chunkSize;
  }

  /** Those of the library with their counts, by name. */
  list(): Promise<readonly CollectionCount[]> {
    return this.#sessions.withSession({ name: 'collections', readonly: true }, readCollections);
  }

  /**
   * Gives a collection another name, also one that there is: then they become one. What lies in the trash is renamed
   * too. Yields the changed recordings in chunks, each committed: broken off and begun again it goes on.
   * Rejects with `collection-unknown` or `invalid-input`.
   */
  async *rename(
    name: string,
    wanted: string,
    by: string = OWNER_NAME,
  ): AsyncGenerator<readonly Recording[], void, undefined> {
    const to = checkCollection(wanted);
    const isSpelling = tagKey(name) === tagKey(to);
    await this.#require(name);
    yield* this.#changeMembers(name, by, isSpelling ? to : undefined, ({ collections }) => ({
      collections: collections.map((one) => (tagKey(one) === tagKey(name) ? to : one)),
    }));
    await this.#sessions.withSession({ name: 'spell collection' }, (db) =>
      db
        .updateTable('collection_counts')
        .set({ collection: to })
        .where('collection_key', '=', tagKey(to))
        .execute(),
    );
  }

  /** Takes all recordings out of a collection; they stay. Otherwise as {@link rename}. */
  async *remove(
    name: string,
    by: string = OWNER_NAME,
  ): AsyncGenerator<readonly Recording[], void, undefined> {
    await this.#require(name);
    yield* this.#changeMembers(name, by, undefined, () => ({ removeCollections: [name] }));
  }

  async #require(name: string): Promise<void> {
    const found = await this.#sessions.withSession({ name: 'find collection', readonly: true }, (db) =>
      readMembers(db, tagKey(name), 1),
    );
    if (found.length > 0) return;
    throw new VoiceRecorderError(
      'collection-unknown',
      `There is no collection named ${JSON.stringify(name)}.`,
    );
  }

  /** `spelling`: members that are spelled so already are left alone. */
  async *#changeMembers(
    name: string,
    by: string,
    spelling: string | undefined,
    amendment: (recording: Recording) => RecordingAmendment,
  ): AsyncGenerator<readonly Recording[], void, undefined> {
    let first: string | undefined;
    for (;;) {
      const changed = await this.#sessions.withSession(
        { name: 'change collection' },
        async (db, { batch }) => {
          const ids = await readMembers(db, tagKey(name), this.#chunkSize, spelling);
          const now = toIsoUtc(this.#clock.nowMs());
          const recordings: Recording[] = [];
          for (const id of ids) recordings.push(await amendRow({ db, batch, id, now, by }, amendment));
          return recordings;
        },
      );
      // Changed ones are members no more; one that still is shows that nothing is won by going on.
      if (changed.length === 0 || changed[0]?.id === first) return;
      first = changed[0]?.id;
      yield changed;
    }
  }
}
