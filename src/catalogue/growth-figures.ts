import { type Kysely, sql } from 'kysely';
import { atHome } from '../sessions/at-home.ts';
import type { StoreSchema } from '../sessions/schema.ts';

/** How the store grew lately, day by day, and what of its trash lies in quarantine. */
export interface GrowthFigures {
  /** Oldest first; `day` is `2026-11-23`, UTC. */
  readonly days: readonly { readonly day: string; readonly count: number; readonly bytes: number }[];
  /** Of the oldest recording; null in an empty store. */
  readonly firstDay: string | null;
  /** Superseded recordings: they are in the trash, and their files in the folder `quarantine`. */
  readonly quarantined: { readonly count: number; readonly bytes: number };
}

/** Of the store `home`. `since`: ISO 8601 UTC. Answered from indexes. */
export async function readGrowthFigures(
  db: Kysely<StoreSchema>,
  home: string,
  since: string,
): Promise<GrowthFigures> {
  const ofStore = db.selectFrom('recordings').where(atHome(db, home));
  const days = await ofStore
    .select(sql<string>`substr(created_at, 1, 10)`.as('day'))
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      row.fn.sum<number>('filesize_bytes').as('bytes'),
    ])
    .where('shelf', 'in', ['library', 'trash'])
    .where('kind', 'in', ['take', 'file', 'edit'])
    .where('created_at', '>=', since)
    .groupBy('day')
    .orderBy('day')
    .execute();
  const first = await ofStore
    .select((row) => row.fn.min<string | null>('created_at').as('createdAt'))
    .executeTakeFirst();
  // Paths that begin with "quarantine/": "0" follows "/" in the order of bytes.
  const quarantined = await ofStore
    .select((row) => row.fn.countAll<number>().as('count'))
    .select(sql<number>`coalesce(sum(filesize_bytes), 0)`.as('bytes'))
    .where('stored_filename', '>=', 'quarantine/')
    .where('stored_filename', '<', 'quarantine0')
    .where('shelf', '=', 'trash')
    .executeTakeFirst();
  return {
    days,
    firstDay: first?.createdAt?.slice(0, 10) ?? null,
    quarantined: quarantined ?? { count: 0, bytes: 0 },
  };
}
