import { sessionEnded } from '../session-end.ts';
import { type SessionRequest, unlessOver } from '../session-factory.ts';
import type { MemberWork } from './member-work.ts';
import type { RunDraft, Statement } from './sqlite-protocol.ts';
import type { ThreadConnection } from './sqlite-thread.ts';

/** Read sessions, spread over a few connections; each session sees one unchanging state of the database. */
export class ReaderPool {
  readonly #readers: readonly Reader[];

  constructor(connections: readonly ThreadConnection[]) {
    this.#readers = connections.map((connection) => new Reader(connection));
  }

  run<T>(work: MemberWork<T>, request: SessionRequest): Promise<T> {
    return this.#leastBusy().run(work, request);
  }

  leastBusyConnection(): ThreadConnection {
    return this.#leastBusy().connection;
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
  readonly connection: ThreadConnection;
  /** Sessions running or waiting. */
  load = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(connection: ThreadConnection) {
    this.connection = connection;
  }

  async run<T>(work: MemberWork<T>, request: SessionRequest): Promise<T> {
    const isIdle = this.load === 0;
    this.load++;
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    let isOpen = true;
    let isBegun = false;
    const execute = async (statements: readonly Statement[], isBatch: boolean) => {
      if (!isOpen) throw sessionEnded();
      const step: RunDraft = { kind: 'run', statements };
      if (!isBegun) step.begin = 'read';
      if (isBatch) step.isBatch = true;
      const pending = this.connection.request(step);
      isBegun = true;
      const reply = await pending;
      if (reply.retries > 0) request.onRetry();
      return reply.results ?? [];
    };
    try {
      if (!isIdle) await unlessOver(before, request);
      return await unlessOver(work({ execute }), request);
    } finally {
      isOpen = false;
      if (isBegun) this.#end();
      this.load--;
      // A session that left the queue early hands its turn on only when it is due.
      turn.resolve(before);
    }
  }

  async close(): Promise<void> {
    await this.#last;
    await this.connection.close();
  }

  /** Nobody waits for the end of a read transaction; if it fails, the next one begins with another try. */
  #end(): void {
    this.connection.tell({ kind: 'run', statements: [], end: 'rollback' });
  }
}
