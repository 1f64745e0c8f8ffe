import type { Kysely, Selectable } from 'kysely';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema, StoreTable } from '../sessions/schema.ts';

/** A store that keeps its catalogue in a PostgreSQL database. */
export interface ClaimingStore {
  readonly id: string;
  /** Where its folder is, for people. */
  readonly name: string;
  /** Other stores may come in, and this one to others. */
  readonly isShared: boolean;
  /** The database, as it is named to people. */
  readonly url: string;
  readonly clock: Clock;
}

type Known = Pick<Selectable<StoreTable>, 'place' | 'id' | 'is_copying' | 'name' | 'is_shared'>;

/**
 * Enters in a PostgreSQL database which store uses it: its rows speak of the files of that one. Another one may come in
 * when both said that they share. `beforeFirst` runs before a store is entered that was not there. Rejects with
 * `catalogue-of-other-store`, or with `catalogue-missing` where only a part of a catalogue has been copied.
 */
export async function claimDatabase(
  sessions: DatabaseSessions,
  store: ClaimingStore,
  beforeFirst: () => Promise<void>,
): Promise<void> {
  const known = await readStores(sessions);
  const own = known.find(({ id }) => id === store.id);
  if (own?.is_copying === 1) {
    throw new VoiceRecorderError(
      'catalogue-missing',
      `The catalogue has only partly been copied to ${store.url}: "vrp database copy" goes on with it.`,
    );
  }
  if (own && own.name === store.name && (own.is_shared === 1) === store.isShared) return;
  if (!own) {
    requireWelcome(store, known);
    await beforeFirst();
  }
  await enter(sessions, store, { isCopying: false });
}

/**
 * Makes an empty database this store's for a copy, or finds it so from a copy that was stopped. Rejects with
 * `copy-target-taken` when there is a whole catalogue already.
 */
export async function beginCopy(sessions: DatabaseSessions, store: ClaimingStore): Promise<void> {
  if ((await readStores(sessions)).length === 0) await enter(sessions, store, { isCopying: true });
  const known = await readStores(sessions);
  const [owner] = known;
  if (known.length !== 1 || owner?.id !== store.id) throw ofOther(store, known);
  if (owner.is_copying === 1) return;
  throw new VoiceRecorderError(
    'copy-target-taken',
    `There is a catalogue in ${store.url} already. Name an empty database, or a schema (VRP_DATABASE_SCHEMA) of its own.`,
  );
}

/** The copy is whole. */
export async function endCopy(sessions: DatabaseSessions): Promise<void> {
  await sessions.withSession({ name: 'end copy' }, (db) =>
    db.updateTable('stores').set({ is_copying: 0 }).execute(),
  );
}

function readStores(sessions: DatabaseSessions): Promise<readonly Known[]> {
  return sessions.withSession({ name: 'read stores', readonly: true }, (db) => selectKnown(db).execute());
}

function selectKnown(db: Kysely<StoreSchema>) {
  return db.selectFrom('stores').select(['place', 'id', 'is_copying', 'name', 'is_shared']).orderBy('place');
}

/** Of two stores that come at once one gets the place, and the other one is judged anew with it there. */
async function enter(
  sessions: DatabaseSessions,
  store: ClaimingStore,
  { isCopying }: { readonly isCopying: boolean },
): Promise<void> {
  const { id, name, isShared, clock } = store;
  const said = { name, is_shared: isShared ? 1 : 0 };
  await sessions.withSession({ name: 'claim database' }, async (db) => {
    const known = await forChange(selectKnown(db)).execute();
    if (known.some((other) => other.id === id)) {
      await db.updateTable('stores').set(said).where('id', '=', id).execute();
      return;
    }
    requireWelcome(store, known);
    const place = (known.at(-1)?.place ?? 0) + 1;
    const claimed = { claimed_at: toIsoUtc(clock.nowMs()), is_copying: isCopying ? 1 : 0 };
    await db
      .insertInto('stores')
      .values({ place, id, ...said, ...claimed })
      .execute();
  });
}

function requireWelcome(store: ClaimingStore, known: readonly Known[]): void {
  const isWelcome = store.isShared && known.every((other) => other.is_shared === 1 && other.is_copying === 0);
  if (known.length > 0 && !isWelcome) throw ofOther(store, known);
}

function ofOther({ id, url, isShared }: ClaimingStore, known: readonly Known[]): VoiceRecorderError {
  const unwilling = known.find((other) => other.is_shared === 0);
  const owner = unwilling ?? known[0];
  const named = owner && (owner.name === '' ? owner.id : `${owner.id}, ${owner.name}`);
  const advice =
    isShared && unwilling
      ? 'That one does not share it: start it once with VRP_SHARED_CATALOGUE=on, too.'
      : 'Name a database or a schema (VRP_DATABASE_SCHEMA) of its own for this one; or, if both are to list all ' +
        'recordings of both, start both with VRP_SHARED_CATALOGUE=on.';
  return new VoiceRecorderError(
    'catalogue-of-other-store',
    `The catalogue in ${url} is that of another store (${named}), whose files do not lie here (${id}). ${advice}`,
  );
}
