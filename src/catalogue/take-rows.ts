import { type Expression, type Kysely, type RawBuilder, sql } from 'kysely';
import type { ListedRecording, Recording } from '../model/recording.ts';
import { sumSeconds } from '../model/take.ts';
import { eitherSql } from '../sessions/either-sql.ts';
import type { Shelf, StoreSchema } from '../sessions/schema.ts';
import { listOf } from './json-rows.ts';
import type { ListFilter } from './list-filters.ts';
import { type RecordingRow, type ShownRow, toRecording } from './recording-row.ts';
import type { Search } from './search-condition.ts';

/** What was superseded lies in the trash under the id of its take, and is no part of it any more. */
const QUARANTINED = 'quarantine/%';

/** Every recording with this take id, in the order of segments; those being placed and in the trash too. */
export async function readTake(db: Kysely<StoreSchema>, takeId: string): Promise<Recording[]> {
  const rows = await db
    .selectFrom('recordings')
    .selectAll()
    .where('take_id', '=', takeId)
    .orderBy('segment')
    .orderBy('row_key')
    .execute();
  return rows.map(toRecording);
}

/**
 * True for the first recording `r` of a take on its shelf, and for what is no part of a take. Only segments that pass
 * the filters count. Each row is judged by one look into the index of takes.
 */
export function isFirstOfTake(filters: readonly ListFilter[]): RawBuilder<boolean> {
  const counted = filters.map((filter) => sql` AND ${filter.passes('e')}`);
  return sql`(r.take_id IS NULL OR r.stored_filename LIKE ${QUARANTINED} OR NOT EXISTS (
    SELECT 1 FROM recordings AS e
    WHERE e.take_id = r.take_id AND ${isOn(sql.ref('r.shelf'), 'e.shelf')} AND e.stored_filename NOT LIKE ${QUARANTINED}
      AND (coalesce(e.segment, 0), e.row_key) < (coalesce(r.segment, 0), r.row_key)${sql.join(counted, sql``)}))`;
}

/** The rows with what their takes come to on this shelf, a segment that is there twice counted once. */
export async function withTakeTotals(
  db: Kysely<StoreSchema>,
  rows: readonly ShownRow[],
  shelf: Shelf,
): Promise<ListedRecording[]> {
  const takeIds = rows.flatMap(({ take_id }) => (take_id === null ? [] : [take_id]));
  if (takeIds.length === 0) return rows.map(toRecording);
  const segments = db
    .selectFrom('recordings')
    .select(['take_id', 'segment'])
    .select(sql<number | null>`nullif(max(duration_ms), -1)`.as('ms'))
    .select((row) => row.fn.max('filesize_bytes').as('bytes'))
    .where('take_id', 'in', listOf(takeIds))
    .where(isOn(shelf, 'shelf'))
    .where('stored_filename', 'not like', QUARANTINED)
    .groupBy(['take_id', 'segment']);
  const totals = await db
    .selectFrom(segments.as('s'))
    .select('take_id')
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      row.fn.sum<number | null>('ms').as('ms'),
      row.fn.sum<number>('bytes').as('bytes'),
    ])
    .groupBy('take_id')
    .execute();
  const byTake = new Map(totals.map((total) => [total.take_id, total]));
  return rows.map((row) => {
    const total = byTake.get(row.take_id);
    if (total === undefined) return toRecording(row);
    const { count, ms, bytes } = total;
    return {
      ...toRecording(row),
      takeSegmentCount: count,
      takeDuration: ms === null ? null : sumSeconds([ms / 1000]),
      takeFilesizeBytes: bytes,
    };
  });
}

/**
 * Of rows that a search found, those with no earlier segment of their take that it would find as well. The search is
 * read once, and only between the first and the last of those earlier segments.
 */
export async function dropLaterSegments<Row extends Segment>(
  db: Kysely<StoreSchema>,
  rows: readonly Row[],
  shelf: Shelf,
  search: Search,
  filters: readonly ListFilter[],
): Promise<Row[]> {
  const parts = rows.filter((row) => row.take_id !== null && !row.stored_filename.startsWith('quarantine/'));
  const takeIds = [...new Set(parts.flatMap(({ take_id }) => (take_id === null ? [] : [take_id])))];
  if (takeIds.length === 0) return [...rows];
  const siblings = await db
    .selectFrom('recordings as r')
    .select(['r.take_id', 'r.segment', 'r.row_key'])
    .where('r.take_id', 'in', listOf(takeIds))
    .where(isOn(shelf, 'r.shelf'))
    .where('r.stored_filename', 'not like', QUARANTINED)
    .where(({ and }) => and(filters.map((filter) => filter.passes('r'))))
    .execute();
  const earlier = new Map(
    parts.map((row) => [
      row,
      siblings
        .filter((other) => other.take_id === row.take_id && isBefore(other, row))
        .map(({ row_key }) => row_key),
    ]),
  );
  const keys = [...earlier.values()].flat();
  if (keys.length === 0) return [...rows];
  const hits = await db
    .selectFrom('recording_search as s')
    .select('s.rowid')
    .where(search.isFound)
    .where('s.rowid', '>=', Math.min(...keys))
    .where('s.rowid', '<=', Math.max(...keys))
    .execute();
  const found = new Set(hits.map(({ rowid }) => rowid));
  return rows.filter((row) => !earlier.get(row)?.some((key) => found.has(key)));
}

/** In an expression SQLite looks the takes up rather than walk the shelf; PostgreSQL knows that these are fewer. */
function isOn(shelf: Shelf | Expression<unknown>, column: string): RawBuilder<boolean> {
  const plain = sql.ref(column);
  return sql`${eitherSql({ sqlite: sql`${plain} || ''`, postgres: plain })} = ${shelf}`;
}

type Segment = Pick<RecordingRow, 'take_id' | 'segment' | 'row_key' | 'stored_filename'>;
type Place = Pick<RecordingRow, 'segment' | 'row_key'>;

/** A segment may be there twice: then the one that came first. */
function isBefore(a: Place, b: Place): boolean {
  return ((a.segment ?? 0) - (b.segment ?? 0) || a.row_key - b.row_key) < 0;
}
