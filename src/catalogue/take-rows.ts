import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { ListedRecording, Recording } from '../model/recording.ts';
import { sumSeconds } from '../model/take.ts';
import type { Shelf, StoreSchema } from '../sessions/schema.ts';
import { type RecordingRow, toRecording } from './recording-row.ts';

type Row = ExpressionBuilder<StoreSchema & { r: StoreSchema['recordings'] }, 'r'>;

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
 * True for the first recording of a take on its shelf, and for what is no part of a take. With a tag only those that
 * bear it count. Each row is judged by one look into the index of takes.
 */
export function isFirstOfTake(row: Row, tagKey: string | undefined): Expression<SqlBool> {
  const earlier = row
    .selectFrom('recordings as e')
    .select('e.row_key')
    .whereRef('e.take_id', '=', 'r.take_id')
    .whereRef('e.shelf', '=', 'r.shelf')
    .where('e.stored_filename', 'not like', QUARANTINED)
    .where(sql<boolean>`(ifnull(e.segment, 0), e.row_key) < (ifnull(r.segment, 0), r.row_key)`);
  const counted =
    tagKey === undefined
      ? earlier
      : earlier.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('recording_tags as et')
              .select('et.tag')
              .where('et.tag_key', '=', tagKey)
              .whereRef('et.shelf', '=', 'e.shelf')
              .whereRef('et.created_at', '=', 'e.created_at')
              .whereRef('et.recording_id', '=', 'e.id'),
          ),
        );
  return row.or([
    row('r.take_id', 'is', null),
    row('r.stored_filename', 'like', QUARANTINED),
    row.not(row.exists(counted)),
  ]);
}

/** The rows with what their takes come to on this shelf, a segment that is there twice counted once. */
export async function withTakeTotals(
  db: Kysely<StoreSchema>,
  rows: readonly RecordingRow[],
  shelf: Shelf,
): Promise<ListedRecording[]> {
  const takeIds = rows.flatMap(({ take_id }) => (take_id === null ? [] : [take_id]));
  if (takeIds.length === 0) return rows.map(toRecording);
  const segments = db
    .selectFrom('recordings')
    .select(['take_id', 'segment'])
    .select(sql<number | null>`max(document ->> '$.duration')`.as('seconds'))
    .select((row) => row.fn.max('filesize_bytes').as('bytes'))
    .where('take_id', 'in', takeIds)
    .where('shelf', '=', shelf)
    .where('stored_filename', 'not like', QUARANTINED)
    .groupBy(['take_id', 'segment']);
  const totals = await db
    .selectFrom(segments.as('s'))
    .select('take_id')
    .select((row) => [
      row.fn.countAll<number>().as('count'),
      row.fn.sum<number | null>('seconds').as('seconds'),
      row.fn.sum<number>('bytes').as('bytes'),
    ])
    .groupBy('take_id')
    .execute();
  const byTake = new Map(totals.map((total) => [total.take_id, total]));
  return rows.map((row) => {
    const total = byTake.get(row.take_id);
    if (total === undefined) return toRecording(row);
    const { count, seconds, bytes } = total;
    return {
      ...toRecording(row),
      takeSegmentCount: count,
      takeDuration: seconds === null ? null : sumSeconds([seconds]),
      takeFilesizeBytes: bytes,
    };
  });
}

/**
 * Of rows that a search found, those with no earlier segment of their take that it would find as well. `match` is the
 * search; it is read once, and only between the first and the last of those earlier segments.
 */
export async function dropLaterSegments(
  db: Kysely<StoreSchema>,
  rows: readonly RecordingRow[],
  shelf: Shelf,
  match: string,
  tagKey: string | undefined,
): Promise<RecordingRow[]> {
  const parts = rows.filter((row) => row.take_id !== null && !row.stored_filename.startsWith('quarantine/'));
  const takeIds = [...new Set(parts.flatMap(({ take_id }) => (take_id === null ? [] : [take_id])))];
  if (takeIds.length === 0) return [...rows];
  let select = db
    .selectFrom('recordings as r')
    .select(['r.take_id', 'r.segment', 'r.row_key'])
    .where('r.take_id', 'in', takeIds)
    .where('r.shelf', '=', shelf)
    .where('r.stored_filename', 'not like', QUARANTINED);
  if (tagKey !== undefined) select = select.where((row) => hasTag(row, tagKey));
  const siblings = await select.execute();
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
    .where(sql<boolean>`recording_search MATCH ${match}`)
    .where('s.rowid', '>=', Math.min(...keys))
    .where('s.rowid', '<=', Math.max(...keys))
    .execute();
  const found = new Set(hits.map(({ rowid }) => rowid));
  return rows.filter((row) => !earlier.get(row)?.some((key) => found.has(key)));
}

type Place = Pick<RecordingRow, 'segment' | 'row_key'>;

/** A segment may be there twice: then the one that came first. */
function isBefore(a: Place, b: Place): boolean {
  return ((a.segment ?? 0) - (b.segment ?? 0) || a.row_key - b.row_key) < 0;
}

/** That the recording `r` bears the tag. */
export function hasTag(row: Pick<Row, 'exists' | 'selectFrom'>, tagKey: string): Expression<SqlBool> {
  return row.exists(
    row
      .selectFrom('recording_tags as t')
      .select('t.tag')
      .where('t.tag_key', '=', tagKey)
      .whereRef('t.shelf', '=', 'r.shelf')
      .whereRef('t.created_at', '=', 'r.created_at')
      .whereRef('t.recording_id', '=', 'r.id'),
  );
}
