import { DatabaseFileGone, FileIdentity } from './file-identity.ts';
import { SqliteConnection, sqliteCodeOf, systemCodeOf } from './sqlite-connection.ts';
import { inspectDatabase, writeSnapshot } from './sqlite-maintenance.ts';
import type {
  ConnectionSettings,
  RunRequest,
  StatementResult,
  ThreadReply,
  ThreadRequest,
} from './sqlite-protocol.ts';

class TransactionLost extends Error {}

/** One connection of a database thread: does what the requests say, one after the other, and blocks meanwhile. */
export class SqliteDesk {
  readonly #settings: ConnectionSettings;
  readonly #identity: FileIdentity;
  #current: SqliteConnection | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#identity = new FileIdentity(settings.file);
  }

  answer(request: ThreadRequest): Omit<ThreadReply, 'id'> {
    try {
      const answered = this.#perform(request);
      return { retries: this.#current?.takeRetries() ?? 0, ...answered };
    } catch (error) {
      const isTransactionLost =
        error instanceof TransactionLost ||
        (request.kind === 'run' && this.#current?.isInTransaction !== true);
      return {
        retries: this.#current?.takeRetries() ?? 0,
        fault: {
          message: error instanceof Error ? error.message : String(error),
          sqliteCode: sqliteCodeOf(error),
          systemCode: systemCodeOf(error),
          isFileGone: error instanceof DatabaseFileGone,
          isTransactionLost,
        },
      };
    }
  }

  #perform(request: ThreadRequest): Pick<ThreadReply, 'results' | 'inspection'> {
    if (request.kind === 'close') {
      this.#current?.close();
      this.#current = undefined;
      return {};
    }
    this.#current ??= this.#open();
    if (request.kind === 'inspect') return { inspection: inspectDatabase(this.#current) };
    if (request.kind === 'snapshot') {
      writeSnapshot(this.#current, request.target);
      return {};
    }
    return { results: this.#run(this.#current, request) };
  }

  #open(): SqliteConnection {
    const mustExist = this.#settings.mustExist === true || this.#identity.isKnown;
    // Before SQLite would make a new file, which a later start would take for an empty library.
    if (mustExist) this.#identity.check();
    const connection = new SqliteConnection({ ...this.#settings, mustExist });
    this.#identity.check();
    return connection;
  }

  #run(connection: SqliteConnection, request: RunRequest): StatementResult[] {
    if (request.begin === undefined) requireTransaction(connection);
    settlePreviousMember(connection, request.previousMember);
    if (request.begin === 'read') this.#identity.checkNowAndThen();
    // Of a group whose only member was undone, or of a session whose end was lost on its way.
    if (request.begin !== undefined && connection.isInTransaction) connection.exec('ROLLBACK');
    if (request.begin === 'write') connection.retryWhileBusy(() => connection.exec('BEGIN IMMEDIATE'));
    if (request.begin === 'read') connection.exec('BEGIN');
    if (request.isNewMember) connection.exec('SAVEPOINT member');
    const results = request.isBatch
      ? this.#runBatch(connection, request)
      : this.#runStatements(connection, request);
    if (request.end === 'commit') this.#commit(connection);
    if (request.end === 'rollback') connection.exec('ROLLBACK');
    return results;
  }

  #runStatements(connection: SqliteConnection, request: RunRequest): StatementResult[] {
    return request.statements.map((statement) =>
      this.#settings.isReadonly
        ? connection.retryWhileBusy(() => connection.run(statement))
        : connection.run(statement),
    );
  }

  #runBatch(connection: SqliteConnection, request: RunRequest): StatementResult[] {
    connection.exec('SAVEPOINT batch');
    try {
      const results = this.#runStatements(connection, request);
      connection.exec('RELEASE batch');
      return results;
    } catch (error) {
      if (connection.isInTransaction) connection.exec('ROLLBACK TO batch; RELEASE batch');
      throw error;
    }
  }

  /**
   * After a failed commit nobody knows what the connection holds: the next request gets a new one. What was committed
   * to a file that has lost its name meanwhile is not acknowledged.
   */
  #commit(connection: SqliteConnection): void {
    try {
      connection.exec('COMMIT');
    } catch (error) {
      this.#current = undefined;
      connection.close();
      throw error;
    }
    this.#identity.check();
  }
}

/** SQLite ends a transaction by itself on some errors; what follows must not be written on its own. */
function requireTransaction(connection: SqliteConnection): void {
  if (!connection.isInTransaction) {
    throw new TransactionLost('The transaction had been ended by an earlier fault.');
  }
}

function settlePreviousMember(connection: SqliteConnection, fate: RunRequest['previousMember']): void {
  if (fate === undefined) return;
  try {
    connection.exec(fate === 'undo' ? 'ROLLBACK TO member; RELEASE member' : 'RELEASE member');
  } catch (cause) {
    // What the member wrote can no longer be told from its neighbours' rows: none of them may count.
    if (connection.isInTransaction) connection.exec('ROLLBACK');
    throw new TransactionLost('A savepoint could not be settled.', { cause });
  }
}
