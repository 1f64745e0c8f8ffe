import type { Catalogue } from '../catalogue/open-catalogue.ts';

/** Changes nothing in the database, and needs all that a change needs. Rejects as sessions do. */
export async function tryWriting({ contexts }: Pick<Catalogue, 'contexts'>): Promise<void> {
  await contexts.withSession({ name: 'try the database', deadlineMs: 5_000 }, (db) =>
    db
      .updateTable('migrations')
      .set((eb) => ({ name: eb.ref('name') }))
      .where('number', '=', 1)
      .execute(),
  );
}
