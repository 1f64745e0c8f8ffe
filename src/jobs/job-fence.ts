import type { Kysely } from 'kysely';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { endLease, leaseLost } from './job-leases.ts';

/** What proves that a job is held: a {@link LeasedJob} is one. */
export interface JobLease {
  readonly id: string;
  readonly fence: number;
}

/**
 * Called first in a transaction that writes what a job is for: rejects with `job-lease-lost`, so that nothing is
 * written, unless the job is still held by this lease. Nobody else can lease it before the transaction has ended.
 * A crash between that end and the job's makes the job run again: what it writes must show that it was written, or
 * {@link completeWithEffect} ends the job in the same transaction.
 *
 * @example
 * await sessions.withSession({ name: 'note result' }, async (db) => {
 *   await withFence(db, job);
 *   await db.insertInto('results').values({ job_id: job.id, fence: job.fence }).execute();
 * });
 */
export async function withFence(db: Kysely<StoreSchema>, { id, fence }: JobLease): Promise<void> {
  const held = db
    .selectFrom('jobs')
    .select('id')
    .where('id', '=', id)
    .where('fence', '=', fence)
    .where('state', '=', 'running');
  if (!(await forChange(held).executeTakeFirst())) leaseLost(id, fence);
}

/**
 * The same, and the job is done with this transaction: its effect happens exactly once, whatever crashes. Nothing
 * is left for the handler to do after it.
 */
export async function completeWithEffect(db: Kysely<StoreSchema>, lease: JobLease): Promise<void> {
  await endLease(db, lease, { state: 'done', progress: 1 });
}
