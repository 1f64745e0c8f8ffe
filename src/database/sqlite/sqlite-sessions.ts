import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assertOutsideWriteSession } from '../../sessions/write-session.ts';
import type { MeasuredDisk, OpenSession, SessionFactory, SessionRequest } from '../session-factory.ts';
import type { MemberWork } from './member-work.ts';
import { ReaderPool } from './reader-pool.ts';
import { kyselyOn, type StatementTarget, toStatement } from './session-dialect.ts';
import type { ConnectionSettings, Inspection } from './sqlite-protocol.ts';
import { SqliteThread, type ThreadConnection } from './sqlite-thread.ts';
import { WriteQueue } from './write-queue.ts';

const READER_COUNT = 2;
const BUSY_LIMIT_MS = 5_000;
// Several times what a sync takes on a slow disk, and too little for a person to notice.
const GROUP_AGE_MS = 15;

export interface SqliteSessionsSettings {
  readonly file: string;
  readonly isReadonly?: boolean;
  /** How long a database held by another process is waited for; 5,000 when not given. */
  readonly busyLimitMs?: number;
  /** Threads that read; 2 when not given. With 0 the thread that writes reads too, on a connection beside. */
  readonly readerCount?: number;
  /** What each thread keeps of the database in memory; 8,000 when not given. */
  readonly cacheKib?: number;
  /** How long waiting sessions are gathered before they are committed together; 15 when not given. */
  readonly groupAgeMs?: number;
}

/**
 * Sessions on one SQLite file: one thread writes, two read; all of them start with their first use.
 *
 * @example
 * await using contexts = new DatabaseContextManager(new SqliteSessions({ file: config.catalogueFile }), {});
 */
export class SqliteSessions implements SessionFactory, MeasuredDisk {
  readonly #place: Omit<ConnectionSettings, 'isReadonly'>;
  readonly #writer: SqliteThread | undefined;
  readonly #readers: ReaderPool;
  readonly #writes: WriteQueue | undefined;

  constructor(settings: SqliteSessionsSettings) {
    const { file, busyLimitMs = BUSY_LIMIT_MS, cacheKib } = settings;
    this.#place = { file, busyLimitMs, ...(cacheKib === undefined ? {} : { cacheKib }) };
    const reading = { ...this.#place, isReadonly: true };
    // Somebody has to read.
    const readerCount = Math.max(settings.readerCount ?? READER_COUNT, settings.isReadonly ? 1 : 0);
    const readers: ThreadConnection[] = Array.from({ length: readerCount }, () => new SqliteThread(reading));
    if (!settings.isReadonly) {
      const writing = { ...this.#place, isReadonly: false };
      this.#writer = new SqliteThread(writing, readerCount === 0 ? reading : undefined);
    }
    const beside = this.#writer?.beside;
    this.#readers = new ReaderPool(beside ? [beside] : readers);
    if (!this.#writer) return;
    this.#writes = new WriteQueue(this.#writer, settings.groupAgeMs ?? GROUP_AGE_MS);
  }

  run<T>(request: SessionRequest, work: (session: OpenSession) => Promise<T>): Promise<T> {
    const member: MemberWork<T> = (target) => work(openSession(target));
    if (request.isReadonly) return this.#readers.run(member, request);
    if (!this.#writes) return Promise.reject(new TypeError('The catalogue was opened for reading only.'));
    return this.#writes.run(member, request);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(dirname(this.#place.file));
    return bavail * bsize;
  }

  async inspect(): Promise<Inspection> {
    const thread = this.#writer ?? this.#readers.leastBusyConnection();
    const { inspection } = await thread.request({ kind: 'inspect' });
    return inspection ?? { applicationId: 0, schemaVersion: 0, tableCount: 0 };
  }

  /** Writes a checked copy of the whole database to `target`, which must not exist. */
  async snapshot(target: string): Promise<void> {
    assertOutsideWriteSession(`The snapshot ${target}`);
    // A thread of its own, for a large database takes seconds and nobody else should wait for it.
    const thread = new SqliteThread({ ...this.#place, isReadonly: true });
    try {
      await thread.request({ kind: 'snapshot', target });
    } finally {
      await thread.close();
    }
  }

  async close(): Promise<void> {
    await this.#writes?.drain();
    await this.#readers.close();
    // Last, so that the log is written back into the database file by the one connection that is left.
    await this.#writer?.close();
  }
}

function openSession(target: StatementTarget): OpenSession {
  return {
    db: kyselyOn(target),
    batch: async (queries) => {
      const results = await target.execute(queries.map(toStatement), true);
      return results.map((result) => result.changedRows);
    },
  };
}
