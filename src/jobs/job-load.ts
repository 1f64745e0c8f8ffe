import { type Kysely, sql } from 'kysely';
import type { JobLoad } from '../model/job.ts';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { databaseNowMs } from './job-row.ts';

/** How much work of the store `home` waits, runs or failed for good, by kind. */
export async function readJobLoad(db: Kysely<StoreSchema>, home: string): Promise<readonly JobLoad[]> {
  const nowMs = databaseNowMs(db);
  const rows = await db
    .selectFrom('jobs')
    .select(['kind', 'state', sql<number>`count(*)`.as('count')])
    .select(sql<number>`max(${nowMs} - run_at_ms)`.as('wait_ms'))
    .where('state', 'in', ['queued', 'running', 'dead'])
    .where(atHome(db, home))
    .groupBy(['kind', 'state'])
    .orderBy('kind')
    .execute();
  return [...Map.groupBy(rows, ({ kind }) => kind)].map(([kind, states]) => {
    const of = (state: string) => states.find((row) => row.state === state);
    const countOf = (state: string) => Number(of(state)?.count ?? 0);
    return {
      kind,
      queued: countOf('queued'),
      running: countOf('running'),
      dead: countOf('dead'),
      oldestWaitSeconds: Math.max(0, Number(of('queued')?.wait_ms ?? 0)) / 1000,
    };
  });
}
