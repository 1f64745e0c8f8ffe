import { type CompiledQuery, type Insertable, type Kysely, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import {
  type HistoryEntry,
  type HistoryFields,
  type HistoryPage,
  type HistoryQuery,
  SIDECAR_HISTORY,
  sizeOf,
} from '../model/history.ts';
import type { AmendmentTable, StoreSchema } from '../sessions/schema.ts';
import { parseStored } from '../sessions/stored-json.ts';

const PAGE_LIMIT = { default: 50, max: 500 } as const;
/** A page of large notes ends earlier: it is read, parsed and sent as one. */
const PAGE_CHARACTERS = 1_000_000;

export function historyRowOf(recordingId: string, entry: HistoryEntry): Insertable<AmendmentTable> {
  return {
    recording_id: recordingId,
    version: entry.version,
    changed_at: entry.changedAt,
    actor_name: entry.by,
    undoes: entry.undoes,
    size_chars: sizeOf(entry),
    fields_before: JSON.stringify(entry.before),
    fields_after: JSON.stringify(entry.after),
  };
}

export function historyQuery(
  db: Kysely<StoreSchema>,
  recordingId: string,
  entry: HistoryEntry,
): CompiledQuery {
  const row = historyRowOf(recordingId, entry);
  return db
    .insertInto('amendments')
    .values(row)
    .onConflict((conflict) => conflict.columns(['recording_id', 'version']).doUpdateSet(row))
    .compile();
}

/** What a sidecar carries of the history: the newest entries, as many as it has room for. */
export function readSidecarHistory(db: Kysely<StoreSchema>, recordingId: string): Promise<HistoryEntry[]> {
  const { entries, characters } = SIDECAR_HISTORY;
  return readNewest(db, recordingId, { limit: entries, characters, atLeast: 0 });
}

/** Rejects with `cursor-invalid`, or `invalid-input` for a limit outside 1 to 500. */
export async function readHistoryPage(
  db: Kysely<StoreSchema>,
  recordingId: string,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const limit = checkLimit(query.limit ?? PAGE_LIMIT.default);
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const items = await readNewest(db, recordingId, {
    limit,
    characters: PAGE_CHARACTERS,
    atLeast: 1,
    before,
  });
  const last = items.at(-1);
  if (last === undefined) return { items, nextCursor: null };
  const further = await db
    .selectFrom('amendments')
    .select('version')
    .where('recording_id', '=', recordingId)
    .where('version', '<', last.version)
    .limit(1)
    .executeTakeFirst();
  return { items, nextCursor: further ? String(last.version) : null };
}

export async function readHistoryEntry(
  db: Kysely<StoreSchema>,
  recordingId: string,
  version: number,
): Promise<HistoryEntry | undefined> {
  const row = await db
    .selectFrom('amendments')
    .selectAll()
    .where('recording_id', '=', recordingId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && toEntry(row);
}

/** Changes behind `version`, newest first. */
export async function readLater(
  db: Kysely<StoreSchema>,
  recordingId: string,
  version: number,
  limit: number,
): Promise<readonly HistoryEntry[]> {
  const rows = await db
    .selectFrom('amendments')
    .selectAll()
    .where('recording_id', '=', recordingId)
    .where('version', '>', version)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toEntry);
}

interface Room {
  readonly limit: number;
  readonly characters: number;
  /** Taken however large they are. */
  readonly atLeast: number;
  readonly before?: number | undefined;
}

/** Sizes are added up before a single text is read. */
async function readNewest(
  db: Kysely<StoreSchema>,
  recordingId: string,
  { limit, characters, atLeast, before }: Room,
): Promise<HistoryEntry[]> {
  let select = db
    .selectFrom('amendments')
    .select(['version', 'size_chars'])
    .where('recording_id', '=', recordingId);
  if (before !== undefined) select = select.where('version', '<', before);
  const sizes = await select.orderBy('version', 'desc').limit(limit).execute();
  let sum = 0;
  const tooMany = sizes.findIndex(({ size_chars }, index) => {
    sum += size_chars;
    return sum > characters && index >= atLeast;
  });
  const wanted = tooMany < 0 ? sizes : sizes.slice(0, tooMany);
  const [newest, oldest] = [wanted.at(0), wanted.at(-1)];
  if (newest === undefined || oldest === undefined) return [];
  const rows = await db
    .selectFrom('amendments')
    .selectAll()
    .where('recording_id', '=', recordingId)
    .where(sql<boolean>`version BETWEEN ${oldest.version} AND ${newest.version}`)
    .orderBy('version', 'desc')
    .execute();
  return rows.map(toEntry);
}

function toEntry(row: AmendmentTable): HistoryEntry {
  const where = () => `change ${row.version} of recording ${row.recording_id}`;
  return {
    version: row.version,
    changedAt: row.changed_at,
    by: row.actor_name,
    undoes: row.undoes,
    before: parseStored<HistoryFields>(row.fields_before, where),
    after: parseStored<HistoryFields>(row.fields_after, where),
  };
}

function readCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new VoiceRecorderError(
    'cursor-invalid',
    'The cursor is not one that this history gave; leave it out to begin with the newest change.',
  );
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_LIMIT.max) return limit;
  throw new VoiceRecorderError(
    'invalid-input',
    `The limit is ${limit}; expected a whole number from 1 to ${PAGE_LIMIT.max}.`,
  );
}
