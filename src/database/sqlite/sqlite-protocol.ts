/** What the event loop and a database thread say to one another. Messages of one thread are answered in order. */

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface StatementResult {
  /** Their names, once for all rows: on its way between threads a row of values costs a third of one with names. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly changedRows: number;
  readonly insertedRowId: number | bigint;
}

/** Steps of one message, done in the order of these fields. */
export interface RunRequest {
  readonly kind: 'run';
  /** What becomes of the savepoint of the group's member before this one. */
  readonly previousMember?: 'keep' | 'undo' | undefined;
  readonly begin?: 'read' | 'write' | undefined;
  /** Opens the savepoint of a new member of the group. */
  readonly isNewMember?: boolean | undefined;
  readonly statements: readonly Statement[];
  /** Several statements that count together or not at all. */
  readonly isBatch?: boolean | undefined;
  readonly end?: 'commit' | 'rollback' | undefined;
}

/** A step while it is put together. Only what is to be said stands in it: each field costs on its way to the thread. */
export type RunDraft = { -readonly [Field in keyof RunRequest]: RunRequest[Field] };

/** Writes a copy of the whole database to `target`, and reads it back before it counts. */
export interface SnapshotRequest {
  readonly kind: 'snapshot';
  readonly target: string;
}

/** Says what kind of database lies there, outside any transaction. */
export interface InspectRequest {
  readonly kind: 'inspect';
}

export interface CloseRequest {
  readonly kind: 'close';
}

export type ThreadRequest = RunRequest | SnapshotRequest | InspectRequest | CloseRequest;
export type NumberedRequest = ThreadRequest & {
  /** Without it nobody waits for an answer, and none is sent. */
  readonly id?: number;
  /** For the connection that the thread holds beside its own. */
  readonly isBeside?: true;
};

export interface ThreadFault {
  readonly message: string;
  /** Extended result code of SQLite (https://sqlite.org/rescode.html); 0 when the fault is not SQLite's. */
  readonly sqliteCode: number;
  /** `ENOSPC`, `EACCES`, …, when the operating system refused a file. */
  readonly systemCode?: string | undefined;
  /** The file that was opened does not lie under its name any more. */
  readonly isFileGone?: boolean;
  /** The whole transaction is gone, not only the failed statement. */
  readonly isTransactionLost: boolean;
}

export interface ThreadReply {
  readonly id: number;
  readonly results?: readonly StatementResult[];
  readonly inspection?: Inspection;
  /** How often another process held the database and the step was tried again. */
  readonly retries: number;
  readonly fault?: ThreadFault;
}

export interface Inspection {
  readonly applicationId: number;
  readonly schemaVersion: number;
  readonly tableCount: number;
}

/** The connections that one thread holds; each has its own transactions. */
export interface ThreadSettings {
  readonly own: ConnectionSettings;
  readonly beside?: ConnectionSettings;
}

export interface ConnectionSettings {
  readonly file: string;
  readonly isReadonly: boolean;
  /** How long a database held by another process is waited for. */
  readonly busyLimitMs: number;
  /** What the connection keeps of the database in memory. */
  readonly cacheKib?: number;
  /** True: it was there before, so that a missing file is a fault and no new beginning. */
  readonly mustExist?: boolean;
}
