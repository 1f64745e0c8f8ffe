/** Entry of a database thread: does what the messages say, in their order, on one connection. */
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseFileGone, FileIdentity } from './file-identity.ts';
import { SqliteConnection, sqliteCodeOf, systemCodeOf } from './sqlite-connection.ts';
import { inspectDatabase, writeSnapshot } from './sqlite-maintenance.ts';
import type {
  ConnectionSettings,
  NumberedRequest,
  RunRequest,
  StatementResult,
  ThreadReply,
} from './sqlite-protocol.ts';

const settings = workerData as ConnectionSettings;
const identity = new FileIdentity(settings.file);
let current: SqliteConnection | undefined;

class TransactionLost extends Error {}

parentPort?.on('message', (request: NumberedRequest) => {
  const answered = answer(request);
  // Each message wakes the other thread.
  if (request.id !== undefined)
    parentPort?.postMessage({ id: request.id, ...answered } satisfies ThreadReply);
  if (request.kind === 'close') parentPort?.close();
});

function answer(request: NumberedRequest): Omit<ThreadReply, 'id'> {
  try {
    const answered = perform(request);
    return { retries: current?.takeRetries() ?? 0, ...answered };
  } catch (error) {
    const isTransactionLost =
      error instanceof TransactionLost || (request.kind === 'run' && current?.isInTransaction !== true);
    return {
      retries: current?.takeRetries() ?? 0,
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

function perform(request: NumberedRequest): Pick<ThreadReply, 'results' | 'inspection'> {
  if (request.kind === 'close') {
    current?.close();
    current = undefined;
    return {};
  }
  current ??= open();
  if (request.kind === 'inspect') return { inspection: inspectDatabase(current) };
  if (request.kind === 'snapshot') {
    writeSnapshot(current, request.target);
    return {};
  }
  return { results: run(current, request) };
}

function open(): SqliteConnection {
  const mustExist = settings.mustExist === true || identity.isKnown;
  // Before SQLite would make a new file, which a later start would take for an empty library.
  if (mustExist) identity.check();
  const connection = new SqliteConnection({ ...settings, mustExist });
  identity.check();
  return connection;
}

function run(connection: SqliteConnection, request: RunRequest): StatementResult[] {
  if (request.begin === undefined) requireTransaction(connection);
  settlePreviousMember(connection, request.previousMember);
  if (request.begin === 'read') identity.checkNowAndThen();
  // Of a group whose only member was undone, or of a session whose end was lost on its way.
  if (request.begin !== undefined && connection.isInTransaction) connection.exec('ROLLBACK');
  if (request.begin === 'write') connection.retryWhileBusy(() => connection.exec('BEGIN IMMEDIATE'));
  if (request.begin === 'read') connection.exec('BEGIN');
  if (request.isNewMember) connection.exec('SAVEPOINT member');
  const results = request.isBatch ? runBatch(connection, request) : runStatements(connection, request);
  if (request.end === 'commit') commit(connection);
  if (request.end === 'rollback') connection.exec('ROLLBACK');
  return results;
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

function runStatements(connection: SqliteConnection, request: RunRequest): StatementResult[] {
  return request.statements.map((statement) =>
    settings.isReadonly
      ? connection.retryWhileBusy(() => connection.run(statement))
      : connection.run(statement),
  );
}

function runBatch(connection: SqliteConnection, request: RunRequest): StatementResult[] {
  connection.exec('SAVEPOINT batch');
  try {
    const results = runStatements(connection, request);
    connection.exec('RELEASE batch');
    return results;
  } catch (error) {
    if (connection.isInTransaction) connection.exec('ROLLBACK TO batch; RELEASE batch');
    throw error;
  }
}

/**
 * After a failed commit nobody knows what the connection holds: the next message gets a new one. What was committed to
 * a file that has lost its name meanwhile is not acknowledged.
 */
function commit(connection: SqliteConnection): void {
  try {
    connection.exec('COMMIT');
  } catch (error) {
    current = undefined;
    connection.close();
    throw error;
  }
  identity.check();
}
