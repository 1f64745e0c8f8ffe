import { stat } from 'node:fs/promises';
import {
  DatabaseContextManager,
  type DatabaseContextManagerConfig,
} from '../database/database-context-manager.ts';
import { judgeDatabase, migrate, newestOf } from '../database/migrate.ts';
import type { Migration } from '../database/migrations/migration.ts';
import type { ServerWait } from '../database/postgres/await-server.ts';
import type { PostgresSettings } from '../database/postgres/connection-settings.ts';
import { isMeasuredDisk, type SessionFactory } from '../database/session-factory.ts';
import { SqliteSessions } from '../database/sqlite/sqlite-sessions.ts';
import type { Clock } from '../model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import { snapshotByCopy } from './snapshot-by-copy.ts';

export interface ConnectSettings {
  /** The SQLite file; of no account with PostgreSQL. */
  readonly file: string;
  /** Where a copy is put before the schema of a SQLite file is changed. */
  readonly backupFolder: string;
  readonly clock: Clock;
  /** The PostgreSQL database to be used instead of the file. */
  readonly postgres?: PostgresSettings;
  /** How its server is waited for; not at all when not given. */
  readonly serverWait?: ServerWait;
  /** Beside a running server: nothing is written, no migration runs. */
  readonly isReadonly?: boolean;
  /** How long a database held by another process is waited for; 5,000 when not given. */
  readonly busyLimitMs?: number;
  /** Threads that read a SQLite file; 2 when not given, none of their own with 0. */
  readonly readerCount?: number;
  /** What each of them keeps of it in memory; 8,000 when not given. */
  readonly cacheKib?: number;
  /** Told when the disk refused to let the database grow: the time to give up the reserve. */
  readonly onDiskFull?: () => void;
  /** Limits of sessions, and who is told of them. */
  readonly contextConfig?: Omit<DatabaseContextManagerConfig, 'clock'>;
}

/** For commands, which do one thing at a time and share a machine with others: a SQLite file takes 35 MB less. */
export const ONE_AT_A_TIME = { readerCount: 0, cacheKib: 2_000 } as const;

/** A database whose schema is this program's. */
export interface ConnectedCatalogue {
  readonly contexts: DatabaseContextManager;
  /** The copy taken before a migration of this opening, if there was one. */
  readonly snapshotFile: string | undefined;
  /** Writes a checked copy, as it is at one moment, to the SQLite file `target`, which must not exist. */
  snapshot(target: string): Promise<void>;
}

/** Connects to the database and brings its schema up to date. Same rejections as `openCatalogue`. */
export function connectCatalogue(
  settings: ConnectSettings,
  migrations: readonly Migration[],
): Promise<ConnectedCatalogue> {
  const { postgres } = settings;
  return postgres ? connectPostgres(settings, postgres, migrations) : connectSqlite(settings, migrations);
}

async function connectSqlite(
  settings: ConnectSettings,
  migrations: readonly Migration[],
): Promise<ConnectedCatalogue> {
  const { file, clock, backupFolder, isReadonly = false, busyLimitMs, readerCount, cacheKib } = settings;
  if (isReadonly) await requireFile(file);
  const sessions = new SqliteSessions({
    file,
    isReadonly,
    ...(busyLimitMs === undefined ? {} : { busyLimitMs }),
    ...(readerCount === undefined ? {} : { readerCount }),
    ...(cacheKib === undefined ? {} : { cacheKib }),
  });
  const contexts = contextsOn(sessions, settings);
  const inspect = () => sessions.inspect();
  const snapshot = (target: string) => sessions.snapshot(target);
  return await closingOnFailure(contexts, async () => {
    const desk = { file, backupFolder, clock, contexts, inspect, snapshot };
    const snapshotFile = isReadonly
      ? await requireCurrentSchema(file, sessions, newestOf(migrations))
      : await migrate(desk, migrations);
    return { contexts, snapshotFile, snapshot };
  });
}

async function connectPostgres(
  settings: ConnectSettings,
  postgres: PostgresSettings,
  migrations: readonly Migration[],
): Promise<ConnectedCatalogue> {
  // Loaded only where it is used: a command should not start the slower for it.
  const [{ PostgresSessions }, { migratePostgres, requireCurrentTables }, { awaitServer }] =
    await Promise.all([
      import('../database/postgres/postgres-sessions.ts'),
      import('../database/postgres/migrate-postgres.ts'),
      import('../database/postgres/await-server.ts'),
    ]);
  if (settings.serverWait) await awaitServer(postgres, settings.serverWait);
  const sessions = new PostgresSessions(postgres);
  const contexts = contextsOn(sessions, settings);
  return await closingOnFailure(contexts, async () => {
    const desk = { sessions, contexts, clock: settings.clock };
    if (settings.isReadonly) await requireCurrentTables(desk, newestOf(migrations));
    else await migratePostgres(desk, migrations);
    const snapshot = (target: string) => snapshotByCopy({ postgres, target });
    return { contexts, snapshotFile: undefined, snapshot };
  });
}

function contextsOn(sessions: SessionFactory, settings: ConnectSettings): DatabaseContextManager {
  return new DatabaseContextManager(telling(sessions, settings.onDiskFull), {
    ...settings.contextConfig,
    clock: settings.clock,
  });
}

/** What `work` fails at leaves nothing open. */
export async function closingOnFailure<T>(
  contexts: DatabaseContextManager,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await contexts.close();
    throw error;
  }
}

function telling(sessions: SessionFactory, onDiskFull: (() => void) | undefined): SessionFactory {
  if (!onDiskFull) return sessions;
  return {
    run: (request, work) =>
      sessions.run(request, work).catch((error: unknown) => {
        if (failureCodeOf(error) === 'disk-full') onDiskFull();
        throw error;
      }),
    close: () => sessions.close(),
    ...(isMeasuredDisk(sessions) ? { freeBytes: () => sessions.freeBytes() } : {}),
  };
}

export async function requireFile(file: string): Promise<void> {
  try {
    await stat(file);
  } catch (cause) {
    const message = `There is no catalogue at ${file}; it is made when the server starts or the first file is imported.`;
    throw new VoiceRecorderError('catalogue-missing', message, { cause });
  }
}

export async function requireCurrentSchema(
  file: string,
  sessions: Pick<SqliteSessions, 'inspect'>,
  newest: number,
): Promise<undefined> {
  const found = await sessions.inspect();
  judgeDatabase(file, found, newest);
  if (found.schemaVersion < newest) {
    throw new VoiceRecorderError(
      'catalogue-too-old',
      `${file} has schema ${found.schemaVersion}, this program needs ${newest}; start the server once to bring it up to date.`,
    );
  }
}
