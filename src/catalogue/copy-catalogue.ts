import { type CompiledQuery, type Insertable, type Kysely, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import {
  COPIED_TABLES,
  type CopiedRow,
  type CopiedTable,
  RowsDigest,
  readCopiedPage,
  readLastCopied,
} from './copied-tables.ts';
import { insertAll } from './json-rows.ts';
import { indexAllQueries } from './recording-index.ts';
import { type RecordingRow, toRecording } from './recording-row.ts';

const PAGE_SIZE = 200;

/** One table as it is on both sides. */
export interface CopiedCount {
  readonly table: string;
  readonly rows: number;
}

export interface CopyDesk {
  readonly from: DatabaseSessions;
  readonly to: DatabaseSessions;
  /** Whose rows they are in the copy; nobody's in particular where the copy is a file. */
  readonly storeId: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly filesDone: number; readonly fileCount: number }) => void;
}

/** How much there is to copy. */
export async function countCopied(sessions: DatabaseSessions): Promise<readonly CopiedCount[]> {
  return await sessions.withSession({ name: 'count rows', readonly: true }, async (db) => {
    const counts: CopiedCount[] = [];
    for (const { name } of COPIED_TABLES) {
      const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(name)}`.execute(db);
      counts.push({ table: name, rows: rows[0]?.n ?? 0 });
    }
    return counts;
  });
}

/**
 * Copies all rows, page by page; what an earlier call has copied is gone on with. Then both sides are read again and
 * compared. Rejects with `copy-differs` when they do not say the same, and with `interrupted`.
 */
export async function copyCatalogue(desk: CopyDesk): Promise<readonly CopiedCount[]> {
  const counts = await countCopied(desk.from);
  const fileCount = counts.reduce((sum, { rows }) => sum + rows, 0);
  let filesDone = 0;
  for (const [index, table] of COPIED_TABLES.entries()) {
    let after = await desk.to.withSession({ name: 'find copied', readonly: true }, (db) =>
      readLastCopied(db, table),
    );
    for (;;) {
      requireGoingOn(desk.signal);
      const page = await readPage(desk.from, table, after);
      if (page.length === 0) break;
      await desk.to.withSession({ name: `copy ${table.name}` }, (db, { batch }) =>
        batch(queriesFor(db, table, page, desk.storeId)),
      );
      after = page.at(-1);
      filesDone += page.length;
      desk.onProgress?.({ filesDone: Math.min(filesDone, fileCount), fileCount });
    }
    filesDone = counts.slice(0, index + 1).reduce((sum, { rows }) => sum + rows, 0);
  }
  await requireSame(desk);
  return counts;
}

function readPage(sessions: DatabaseSessions, table: CopiedTable, after: CopiedRow | undefined) {
  return sessions.withSession({ name: `read ${table.name}`, readonly: true }, (db) =>
    readCopiedPage(db, table, after, PAGE_SIZE),
  );
}

/** What follows from recordings is entered with them: search, tags and collections. */
function queriesFor(
  db: Kysely<StoreSchema>,
  { name, hasStore = false }: CopiedTable,
  page: readonly CopiedRow[],
  storeId: string,
): CompiledQuery[] {
  const owned = hasStore ? page.map((row) => ({ ...row, store_id: storeId })) : page;
  const rows = owned as unknown as readonly Insertable<StoreSchema[typeof name]>[];
  const queries = insertAll(db, name, rows);
  if (name !== 'recordings') return queries;
  const shown = (page as unknown as readonly RecordingRow[]).filter(({ status }) => status !== 'placing');
  const recordings = shown.map((row) => ({ rowKey: row.row_key, recording: toRecording(row) }));
  return [...queries, ...indexAllQueries(db, recordings)];
}

async function requireSame({ from, to, signal }: CopyDesk): Promise<void> {
  for (const table of COPIED_TABLES) {
    const [theirs, ours] = await Promise.all([digestOf(from, table, signal), digestOf(to, table, signal)]);
    if (theirs.hash === ours.hash) continue;
    throw new VoiceRecorderError(
      'copy-differs',
      `The copy of ${table.name} is not what was copied (${theirs.rows} rows there, ${ours.rows} here): somebody wrote ` +
        'meanwhile, or the database was not empty. Copy into an empty one while no server runs.',
    );
  }
  const [theirTotals, ourTotals] = await Promise.all([readTotals(from), readTotals(to)]);
  if (theirTotals !== ourTotals) {
    throw new VoiceRecorderError('copy-differs', `The totals are ${ourTotals}; expected ${theirTotals}.`);
  }
}

async function digestOf(sessions: DatabaseSessions, table: CopiedTable, signal: AbortSignal | undefined) {
  const digest = new RowsDigest();
  let after: CopiedRow | undefined;
  do {
    requireGoingOn(signal);
    const page = await readPage(sessions, table, after);
    digest.add(page);
    after = page.at(-1);
  } while (after);
  return { rows: digest.count, hash: digest.end() };
}

function readTotals(sessions: DatabaseSessions): Promise<string> {
  return sessions.withSession({ name: 'read totals', readonly: true }, async (db) => {
    const totals = await db
      .selectFrom('totals')
      .selectAll()
      .where('recording_count', '>', 0)
      .orderBy('shelf')
      .execute();
    return totals.map((row) => `${row.shelf} ${row.recording_count} (${row.size_bytes} bytes)`).join(', ');
  });
}

function requireGoingOn(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new VoiceRecorderError('interrupted', 'The copying was stopped; the same command goes on with it.');
}
