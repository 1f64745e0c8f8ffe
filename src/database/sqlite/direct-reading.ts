import type { OpenSession, SessionFactory, SessionLimit, SessionRequest } from '../session-factory.ts';
import { kyselyOn, toStatement } from './session-dialect.ts';
import { SqliteConnection, sqliteCodeOf, systemCodeOf } from './sqlite-connection.ts';
import { toFailure } from './sqlite-failure.ts';
import { inspectDatabase } from './sqlite-maintenance.ts';
import type { Inspection, Statement, StatementResult } from './sqlite-protocol.ts';

const BUSY_LIMIT_MS = 5_000;

/**
 * Reads one SQLite file in the calling thread, session after session. For short-lived commands only: it blocks, and
 * starts quicker than a thread does.
 */
export class DirectReading implements SessionFactory {
  readonly #file: string;
  #connection: SqliteConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T> {
    if (!request.isReadonly)
      return Promise.reject(new TypeError('The catalogue was opened for reading only.'));
    const session = this.#last.then(() => this.#read(request, work));
    this.#last = session.catch(() => undefined);
    return session;
  }

  inspect(): Promise<Inspection> {
    return this.#guarded(inspectDatabase);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #read<T>(limit: SessionLimit, work: (session: OpenSession) => Promise<T>): Promise<T> {
    const execute = (statements: readonly Statement[]): Promise<readonly StatementResult[]> => {
      limit.throwIfOver();
      return this.#guarded((connection) =>
        statements.map((statement) => connection.retryWhileBusy(() => connection.run(statement))),
      );
    };
    await this.#guarded((connection) => connection.exec('BEGIN'));
    try {
      return await work({
        db: kyselyOn({ execute }),
        batch: async (queries) =>
          (await execute(queries.map(toStatement))).map((result) => result.changedRows),
      });
    } finally {
      await this.#guarded((connection) => connection.exec('ROLLBACK'));
    }
  }

  async #guarded<T>(step: (connection: SqliteConnection) => T): Promise<T> {
    try {
      this.#connection ??= new SqliteConnection({
        file: this.#file,
        isReadonly: true,
        busyLimitMs: BUSY_LIMIT_MS,
      });
      return step(this.#connection);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const fault = {
        message,
        sqliteCode: sqliteCodeOf(error),
        systemCode: systemCodeOf(error),
        isTransactionLost: false,
      };
      throw toFailure(fault, { file: this.#file, isReadonly: true });
    }
  }
}
