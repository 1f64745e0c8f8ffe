import { type Kysely, sql, type UpdateObject } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import { atHome } from '../sessions/at-home.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { JobRow } from './job-row.ts';

/** A job of the store `home`, kept for this session until it ends. Rejects with `job-unknown`. */
export async function requireRow(db: Kysely<StoreSchema>, id: string, home: string): Promise<JobRow> {
  const row = await forChange(
    db.selectFrom('jobs').selectAll().where('id', '=', id).where(atHome(db, home)),
  ).executeTakeFirst();
  if (!row) throw new VoiceRecorderError('job-unknown', `There is no job with the id ${id}.`);
  return row;
}

/** The job when this lease has completed it. */
export async function findCompleted(
  db: Kysely<StoreSchema>,
  id: string,
  fence: number,
): Promise<JobRow | undefined> {
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', id)
    .where('fence', '=', fence)
    .where('state', '=', 'done')
    .executeTakeFirst();
}

/** The queued or running job of this kind and key, kept for this session until it ends. */
export async function findPending(
  db: Kysely<StoreSchema>,
  kind: string,
  dedupeKey: string | null,
  home: string,
): Promise<JobRow | undefined> {
  if (dedupeKey === null) return undefined;
  return forChange(
    db
      .selectFrom('jobs')
      .selectAll()
      .where('kind', '=', kind)
      .where('dedupe_key', '=', dedupeKey)
      .where(atHome(db, home))
      // As the index says it, which is used only then.
      .where(sql<boolean>`state IN ('queued', 'running') AND dedupe_key IS NOT NULL`),
  ).executeTakeFirst();
}

export function updateRow(
  db: Kysely<StoreSchema>,
  id: string,
  change: UpdateObject<StoreSchema, 'jobs'>,
): Promise<JobRow> {
  return db.updateTable('jobs').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}
