import { type Kysely, sql } from 'kysely';
import { atHome } from '../sessions/at-home.ts';
import { dialectOf } from '../sessions/dialect-of.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { StorageMetrics } from '../stored-files.ts';

type Figures = Omit<StorageMetrics, 'operations'>;
const NONE = { count: 0, bytes: 0 };

/** Of the store `home`. Answered from an index alone, without a look at the rows themselves. */
export async function readStorageFigures(db: Kysely<StoreSchema>, home: string): Promise<Figures> {
  const ofStore = db.selectFrom('recordings').where(atHome(db, home));
  const kinds = await ofStore
    .select(['shelf', 'kind'])
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      row.fn.sum<number>('filesize_bytes').as('bytes'),
    ])
    .where('shelf', 'in', ['library', 'trash'])
    .groupBy(['shelf', 'kind'])
    .execute();
  const growth = await ofStore
    .select(sql<string>`substr(created_at, 1, 7)`.as('month'))
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      row.fn.sum<number>('filesize_bytes').as('bytes'),
    ])
    .where('shelf', 'in', ['library', 'trash'])
    .groupBy('month')
    .orderBy('month')
    .execute();
  const again = await db
    .selectFrom('upload_receipts')
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      sql<number>`coalesce(sum(size_bytes), 0)`.as('bytes'),
    ])
    .where('is_duplicate', '=', 1)
    .$if(dialectOf(db) === 'postgres', (query) => query.where('recording_id', 'in', ofStore.select('id')))
    .executeTakeFirst();
  const inLibrary = (kind: string) =>
    sum(kinds.filter((row) => row.shelf === 'library' && row.kind === kind));
  return {
    byKind: {
      take: inLibrary('take'),
      file: inLibrary('file'),
      edit: inLibrary('edit'),
      trash: sum(kinds.filter(({ shelf }) => shelf === 'trash')),
    },
    growth: growth.map(({ month, count, bytes }) => ({ month, count, bytes })),
    deduplicated: again ?? NONE,
  };
}

function sum(rows: readonly { readonly count: number; readonly bytes: number }[]) {
  return rows.reduce((all, row) => ({ count: all.count + row.count, bytes: all.bytes + row.bytes }), NONE);
}
