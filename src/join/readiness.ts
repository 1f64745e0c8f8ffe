import type { Catalogue } from '../catalogue/open-catalogue.ts';
import { VoiceRecorderError } from '../model/failure.ts';

/**
 * Whether recordings can be taken in: the catalogue answers and there is room. While the circuit breaker is not closed
 * nobody may come and try the database, so this does: with a write, which is what recordings need.
 */
export async function isReadyToRecord(
  catalogue: Pick<Catalogue, 'recordings' | 'contexts'>,
  usableBytes: () => Promise<number>,
): Promise<boolean> {
  try {
    const [totals, roomBytes] = await Promise.all([catalogue.recordings.totals(), usableBytes()]);
    if (catalogue.contexts.breaker.state !== 'closed') await tryWriting(catalogue);
    return totals.recordingCount >= 0 && roomBytes > 0;
  } catch (error) {
    if (error instanceof VoiceRecorderError) return false;
    throw error;
  }
}

/** Changes nothing, and needs all that a change needs. */
async function tryWriting({ contexts }: Pick<Catalogue, 'contexts'>): Promise<void> {
  await contexts.withSession({ name: 'try the database', deadlineMs: 5_000 }, (db) =>
    db
      .updateTable('migrations')
      .set((eb) => ({ name: eb.ref('name') }))
      .where('number', '=', 1)
      .execute(),
  );
}
