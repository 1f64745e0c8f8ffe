import type { MemberWork } from './member-work.ts';
import { sessionEnded, unlessAborted } from './member-work.ts';
import type { ConnectionSettings, Statement } from './sqlite-protocol.ts';
import { SqliteThread } from './sqlite-thread.ts';

/** Read sessions, spread over a few threads; each session sees one unchanging state of the database. */
export class ReaderPool {
  readonly #readers: readonly Reader[];

  constructor(settings: Omit<ConnectionSettings, 'isReadonly'>, size: number) {
    this.#readers = Array.from({ length: size }, () => new Reader({ ...settings, isReadonly: true }));
  }

  run<T>(work: MemberWork<T>, signal: AbortSignal): Promise<T> {
    return this.#leastBusy().run(work, signal);
  }

  leastBusyThread(): SqliteThread {
    return this.#leastBusy().thread;
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }

  #leastBusy(): Reader {
    const [first, ...others] = this.#readers;
    if (!first) throw new RangeError('A reader pool needs at least one reader.');
    return others.reduce((best, reader) => (reader.load < best.load ? reader : best), first);
  }
}

class Reader {
  readonly thread: SqliteThread;
  /** Sessions running or waiting. */
  load = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(settings: ConnectionSettings) {
    this.thread = new SqliteThread(settings);
  }

  async run<T>(work: MemberWork<T>, signal: AbortSignal): Promise<T> {
    this.load++;
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      await unlessAborted(before, signal);
      return await this.#runSession(work, signal);
    } finally {
      this.load--;
      // A session that left the queue early hands its turn on only when it is due.
      turn.resolve(before);
    }
  }

  async close(): Promise<void> {
    await this.#last;
    await this.thread.close();
  }

  async #runSession<T>(work: MemberWork<T>, signal: AbortSignal): Promise<T> {
    let isOpen = true;
    let isBegun = false;
    const execute = async (statements: readonly Statement[], isBatch: boolean) => {
      if (!isOpen) throw sessionEnded();
      const begin = isBegun ? undefined : 'read';
      const reply = this.thread.request({ kind: 'run', begin, statements, isBatch });
      isBegun = true;
      return (await reply).results ?? [];
    };
    try {
      return await unlessAborted(work({ execute }), signal);
    } finally {
      isOpen = false;
      if (isBegun) this.#end();
    }
  }

  /** Nobody waits for the end of a read transaction; if it fails, the next one begins with another try. */
  #end(): void {
    this.thread.request({ kind: 'run', statements: [], end: 'rollback' }).catch(() => undefined);
  }
}
