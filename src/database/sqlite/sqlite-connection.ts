import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { tagKey } from '../../model/amendment.ts';
import { titleKeyOf } from '../../model/search-folding.ts';
import type { ConnectionSettings, Statement, StatementResult } from './sqlite-protocol.ts';

// More than all distinct statements of the program; generated ones (row lists of varying length) push out old ones.
const STATEMENT_CACHE_SIZE = 400;
const BUSY_PRIMARY_CODES = new Set([5, 6]);
const LONGEST_BUSY_PAUSE_MS = 40;
const CACHE_KIB = 8_000;
// Keeps a burst of writing from leaving a huge log behind for good.
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;

interface Prepared {
  readonly statement: StatementSync;
  columns: readonly string[];
}

/** One connection to the database file; lives in a database thread and may block it. */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #settings: ConnectionSettings;
  readonly #statements = new Map<string, Prepared>();
  #retries = 0;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    // SQLite would make the file, and with it the log beside it, readable to everyone.
    const mayMake = !settings.isReadonly && !settings.mustExist;
    if (mayMake) closeSync(openSync(settings.file, 'a', 0o600));
    this.#database = new DatabaseSync(settings.file, {
      readOnly: settings.isReadonly,
      timeout: 0,
      enableForeignKeyConstraints: true,
      defensive: true,
    });
    // For migrations: SQLite itself makes only the letters of ASCII small.
    this.#database.function('word_key', { deterministic: true, directOnly: true }, (word) =>
      tagKey(String(word)),
    );
    this.#database.function('title_key', { deterministic: true, directOnly: true }, (title) =>
      titleKeyOf(String(title)),
    );
    try {
      this.retryWhileBusy(() => this.#configure());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** Number of pauses since the last call. */
  takeRetries(): number {
    const retries = this.#retries;
    this.#retries = 0;
    return retries;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  run(statement: Statement): StatementResult {
    const prepared = this.#prepare(statement.sql);
    const parameters = statement.parameters as readonly SQLInputValue[];
    if (prepared.columns.length > 0) {
      const rows = prepared.statement.all(...parameters) as unknown as SQLOutputValue[][];
      // A table that has one more by now: the statement was prepared again meanwhile.
      if (rows[0] && rows[0].length !== prepared.columns.length)
        prepared.columns = namesOf(prepared.statement);
      return { columns: prepared.columns, rows, changedRows: rows.length, insertedRowId: 0 };
    }
    const { changes, lastInsertRowid } = prepared.statement.run(...parameters);
    return { columns: [], rows: [], changedRows: Number(changes), insertedRowId: lastInsertRowid };
  }

  /** Tries `step` again, after pauses of random length, while another process holds the database. */
  retryWhileBusy<T>(step: () => T): T {
    const giveUpAtMs = performance.now() + this.#settings.busyLimitMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return step();
      } catch (error) {
        if (!BUSY_PRIMARY_CODES.has(sqliteCodeOf(error) & 0xff) || performance.now() >= giveUpAtMs)
          throw error;
        this.#retries++;
        sleep(Math.random() * Math.min(LONGEST_BUSY_PAUSE_MS, 2 ** attempt) + 0.5);
      }
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #configure(): void {
    if (!this.#settings.isReadonly) {
      this.#database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES};`,
      );
    }
    this.#database.exec(
      `PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
       PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${this.#settings.cacheKib ?? CACHE_KIB};`,
    );
    // The first look at the content: a file that is no database, or a torn one, says so here.
    this.#database.prepare('SELECT count(*) FROM sqlite_schema').get();
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    const prepared = known ?? this.#prepareNew(sql);
    // Taken out and put in again: the map's order is the order of last use.
    if (known) this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > STATEMENT_CACHE_SIZE) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    return prepared;
  }

  #prepareNew(sql: string): Prepared {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    return { statement, columns: namesOf(statement) };
  }
}

function namesOf(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name);
}

export function sqliteCodeOf(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0;
  return typeof code === 'number' ? code : 0;
}

/** The operating system's name for what went wrong with a file; undefined for SQLite's own errors. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
}

function sleep(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
