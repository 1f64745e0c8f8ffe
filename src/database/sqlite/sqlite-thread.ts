import type { Worker } from 'node:worker_threads';
import { VoiceRecorderError } from '../../model/failure.ts';
import { siblingModule } from '../../model/sibling-module.ts';
import { startThread } from '../../threads/start-thread.ts';
import { toFailure } from './sqlite-failure.ts';
import type { ConnectionSettings, ThreadReply, ThreadRequest, ThreadSettings } from './sqlite-protocol.ts';

interface Waiting {
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (error: unknown) => void;
  readonly isCommit: boolean;
  readonly connection: ConnectionSettings;
}

/** A connection in a thread, as the event loop sees it. */
export interface ThreadConnection {
  /**
   * Requests are done in the order of the calls. Rejects with a failure of {@link toFailure}; throws at once, having
   * done nothing, for a value that cannot be sent to a thread.
   */
  request(request: ThreadRequest): Promise<ThreadReply>;
  /** As {@link request} does, but nobody hears of it; nothing is done where no thread runs. */
  tell(request: ThreadRequest): void;
  close(): Promise<void>;
}

/** The event loop's end of one database thread. The thread starts with the first request, and anew if it died. */
export class SqliteThread implements ThreadConnection {
  readonly #own: ConnectionSettings;
  readonly #beside: ConnectionSettings | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #hasAnswered = false;

  /** `beside`: a second connection that the same thread holds; what one waits for holds the other up. */
  constructor(own: ConnectionSettings, beside?: ConnectionSettings) {
    this.#own = own;
    this.#beside = beside;
  }

  /** The second connection. It is to be closed before the thread is. */
  get beside(): ThreadConnection | undefined {
    const connection = this.#beside;
    if (!connection) return undefined;
    const request = (asked: ThreadRequest) => this.#request(asked, connection);
    return {
      request,
      tell: (told) => this.#worker?.postMessage({ ...told, isBeside: true }),
      close: async () => {
        if (this.#worker) await request({ kind: 'close' });
      },
    };
  }

  request(request: ThreadRequest): Promise<ThreadReply> {
    return this.#request(request, this.#own);
  }

  #request(request: ThreadRequest, connection: ConnectionSettings): Promise<ThreadReply> {
    const worker = this.#startedWorker();
    const id = this.#nextId++;
    worker.postMessage(connection === this.#own ? { ...request, id } : { ...request, id, isBeside: true });
    const { promise, resolve, reject } = Promise.withResolvers<ThreadReply>();
    const isCommit = request.kind === 'run' && request.end === 'commit';
    this.#waiting.set(id, { resolve, reject, isCommit, connection });
    // An idle thread must not keep the process alive; one that owes an answer must.
    if (this.#waiting.size === 1) worker.ref();
    return promise;
  }

  tell(request: ThreadRequest): void {
    this.#worker?.postMessage(request);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await this.request({ kind: 'close' });
    worker.ref();
    await exited;
  }

  #startedWorker(): Worker {
    if (this.#worker) return this.#worker;
    const mustExist = this.#hasAnswered;
    const workerData: ThreadSettings = {
      own: { ...this.#own, mustExist },
      ...(this.#beside ? { beside: { ...this.#beside, mustExist } } : {}),
    };
    const worker = startThread(siblingModule(import.meta.url, 'sqlite-worker'), {
      workerData,
      name: this.#own.isReadonly ? 'catalogue-reader' : 'catalogue-writer',
    });
    let lastError: unknown;
    worker.on('message', (reply: ThreadReply) => this.#settle(worker, reply));
    worker.on('error', (error) => {
      lastError = error;
    });
    worker.on('exit', () => this.#fail(worker, lastError));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#hasAnswered ||= reply.fault === undefined;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) worker.unref();
    if (!reply.fault) waiting?.resolve(reply);
    else waiting?.reject(toFailure(reply.fault, waiting.connection));
  }

  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, isCommit } of waiting) reject(this.#ended(cause, isCommit));
  }

  /** What was to be committed at that moment may count or not; everything else does not. */
  #ended(cause: unknown, isCommit: boolean): VoiceRecorderError {
    return new VoiceRecorderError(
      'catalogue-failed',
      `The database thread of ${this.#own.file} ended before it had answered.`,
      { cause, details: { isTransactionLost: true, isDatabaseOut: true, isRetryable: !isCommit } },
    );
  }
}
