import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

/**
 * Enters in a PostgreSQL database which store it belongs to: its rows speak of the files of that one. `beforeFirst`
 * runs before a database that belongs to nobody becomes this store's. Rejects with `catalogue-of-other-store`, or with
 * `catalogue-missing` where only a part of a catalogue has been copied.
 */
export async function claimDatabase(
  sessions: DatabaseSessions,
  storeId: string,
  url: string,
  clock: Clock,
  beforeFirst: () => Promise<void>,
): Promise<void> {
  if (!(await readOwner(sessions))) {
    await beforeFirst();
    await enter(sessions, storeId, clock, false);
  }
  const owner = await readOwner(sessions);
  if (owner?.id !== storeId) throw ofOther(url, owner?.id, storeId);
  if (owner.is_copying === 0) return;
  throw new VoiceRecorderError(
    'catalogue-missing',
    `The catalogue has only partly been copied to ${url}: "vrp database copy" goes on with it.`,
  );
}

/**
 * Makes an empty database this store's for a copy, or finds it so from a copy that was stopped. Rejects with
 * `copy-target-taken` when there is a whole catalogue already.
 */
export async function beginCopy(
  sessions: DatabaseSessions,
  storeId: string,
  url: string,
  clock: Clock,
): Promise<void> {
  if (!(await readOwner(sessions))) await enter(sessions, storeId, clock, true);
  const owner = await readOwner(sessions);
  if (owner?.id !== storeId) throw ofOther(url, owner?.id, storeId);
  if (owner.is_copying === 1) return;
  throw new VoiceRecorderError(
    'copy-target-taken',
    `There is a catalogue in ${url} already. Name an empty database, or a schema (VRP_DATABASE_SCHEMA) of its own.`,
  );
}

/** The copy is whole. */
export async function endCopy(sessions: DatabaseSessions): Promise<void> {
  await sessions.withSession({ name: 'end copy' }, (db) =>
    db.updateTable('stores').set({ is_copying: 0 }).execute(),
  );
}

function readOwner(sessions: DatabaseSessions) {
  return sessions.withSession({ name: 'read store', readonly: true }, (db) =>
    db.selectFrom('stores').select(['id', 'is_copying']).executeTakeFirst(),
  );
}

async function enter(
  sessions: DatabaseSessions,
  id: string,
  clock: Clock,
  isCopying: boolean,
): Promise<void> {
  const row = { place: 1, id, claimed_at: toIsoUtc(clock.nowMs()), is_copying: isCopying ? 1 : 0 };
  await sessions.withSession({ name: 'claim database' }, (db) =>
    db
      .insertInto('stores')
      // One row at most: of two stores that begin at once, one gets it.
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

function ofOther(url: string, owner: string | undefined, storeId: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'catalogue-of-other-store',
    `The catalogue in ${url} is that of another store (${owner}), whose files do not lie here (${storeId}). ` +
      'Name a database or a schema (VRP_DATABASE_SCHEMA) of its own for this one.',
  );
}
