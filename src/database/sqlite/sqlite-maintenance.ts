import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { Inspection } from './sqlite-protocol.ts';

export function inspectDatabase(connection: SqliteConnection): Inspection {
  return {
    applicationId: readNumber(connection, 'SELECT application_id AS value FROM pragma_application_id'),
    schemaVersion: readNumber(connection, 'SELECT user_version AS value FROM pragma_user_version'),
    tableCount: readNumber(connection, 'SELECT count(*) AS value FROM sqlite_schema'),
  };
}

/**
 * Copies the database to `target`, which must not exist. It appears there only when it is whole, was opened and
 * checked, and would survive a power cut.
 */
export function writeSnapshot(connection: SqliteConnection, target: string): void {
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { force: true });
  closeSync(openSync(unfinished, 'wx', 0o600));
  try {
    connection.run({ sql: 'VACUUM INTO ?', parameters: [unfinished] });
    checkSnapshot(unfinished);
    sync(unfinished);
    if (existsSync(target)) throw new Error(`The snapshot ${target} is there already.`);
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
  sync(dirname(target));
}

function checkSnapshot(file: string): void {
  const verdict = quickCheck(file);
  if (verdict !== 'ok') throw new Error(`The snapshot ${file} did not pass its check: ${verdict}.`);
}

/** Reads every page of a database: `ok`, or the first faults that were found. */
export function quickCheck(file: string): string {
  return check(file, 'quick_check');
}

/** Reads every page of a database, and compares its indexes with its tables: `ok`, or the first faults. */
export function integrityCheck(file: string): string {
  return check(file, 'integrity_check');
}

function check(file: string, pragma: 'quick_check' | 'integrity_check'): string {
  const copy = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = copy.prepare(`PRAGMA ${pragma}(3)`).all();
    return rows.map((row) => String(row[pragma])).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readNumber(connection: SqliteConnection, sql: string): number {
  return Number(connection.run({ sql, parameters: [] }).rows[0]?.[0] ?? 0);
}
