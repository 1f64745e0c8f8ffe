import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

/**
 * Enters in a PostgreSQL database which store it belongs to: its rows speak of the files of that one. `beforeFirst`
 * runs before a database that belongs to nobody becomes this store's. Rejects with `catalogue-of-other-store`.
 */
export async function claimDatabase(
  sessions: DatabaseSessions,
  storeId: string,
  url: string,
  clock: Clock,
  beforeFirst: () => Promise<void>,
): Promise<void> {
  const read = () =>
    sessions.withSession({ name: 'read store', readonly: true }, (db) =>
      db.selectFrom('stores').select('id').execute(),
    );
  if ((await read()).length === 0) {
    await beforeFirst();
    await sessions.withSession({ name: 'claim database' }, (db) =>
      db
        .insertInto('stores')
        // One row at most: of two stores that begin at once, one gets it.
        .values({ place: 1, id: storeId, claimed_at: toIsoUtc(clock.nowMs()) })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  }
  const [owner] = await read();
  if (owner?.id === storeId) return;
  throw new VoiceRecorderError(
    'catalogue-of-other-store',
    `The catalogue in ${url} is that of another store (${owner?.id}), whose files do not lie here (${storeId}). ` +
      'Name a database or a schema (VRP_DATABASE_SCHEMA) of its own for this one.',
  );
}
