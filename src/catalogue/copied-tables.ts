import { createHash, type Hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';
import { storableValue } from '../sessions/storable-value.ts';

/** A table that is copied row by row, and what its rows are ordered by. */
export interface CopiedTable {
  readonly name: keyof StoreSchema & string;
  /** Columns that no two rows have alike. */
  readonly key: readonly string[];
  /** Made by the database itself. */
  readonly without?: readonly string[];
  /** Its rows say whose they are; in the copy they are the store's for which it is made. */
  readonly hasStore?: boolean;
}

export type CopiedRow = Readonly<Record<string, unknown>>;

/** In an order in which every row finds what it refers to. What is not here follows from these. */
export const COPIED_TABLES: readonly CopiedTable[] = [
  { name: 'recordings', key: ['row_key'], without: ['shelf'], hasStore: true },
  { name: 'amendments', key: ['recording_id', 'version'] },
  { name: 'sidecar_outbox', key: ['recording_id'] },
  { name: 'verification_faults', key: ['recording_id'] },
  { name: 'upload_receipts', key: ['upload_id'] },
  { name: 'tombstones', key: ['recording_id'], hasStore: true },
  { name: 'tokens', key: ['name'] },
  { name: 'login_sessions', key: ['secret_hash'] },
  { name: 'jobs', key: ['id'], hasStore: true },
  { name: 'copies', key: ['target_id', 'recording_id'] },
];

/** Rows behind `after`, in the order of their keys. */
export async function readCopiedPage(
  db: Kysely<StoreSchema>,
  { name, key, without = [], hasStore = false }: CopiedTable,
  after: CopiedRow | undefined,
  limit: number,
): Promise<CopiedRow[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const behind = after ? sql`WHERE (${columns}) > (${sql.join(key.map((column) => after[column]))})` : sql``;
  const { rows } = await sql<Record<string, unknown>>`
    SELECT * FROM ${sql.table(name)} ${behind} ORDER BY ${columns} LIMIT ${limit}`.execute(db);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).filter(
        ([column]) => !without.includes(column) && !(hasStore && column === 'store_id'),
      ),
    ),
  );
}

/** The last row that has been copied already: rows are entered in the order of their keys. */
export async function readLastCopied(
  db: Kysely<StoreSchema>,
  { name, key }: CopiedTable,
): Promise<CopiedRow | undefined> {
  const order = sql.join(key.map((column) => sql`${sql.ref(column)} DESC`));
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${sql.join(key.map((column) => sql.ref(column)))} FROM ${sql.table(name)} ORDER BY ${order} LIMIT 1`.execute(
    db,
  );
  return rows[0];
}

/** What rows say, whatever the order of their columns: the same on every database. */
export class RowsDigest {
  readonly #hash: Hash = createHash('sha256');
  count = 0;

  add(rows: readonly CopiedRow[]): void {
    for (const row of rows) {
      const columns = Object.keys(row).sort();
      this.#hash.update(JSON.stringify(columns.map((column) => [column, storableValue(row[column])])));
      this.count++;
    }
  }

  end(): string {
    return this.#hash.digest('hex');
  }
}
