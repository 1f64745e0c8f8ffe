import type { Worker } from 'node:worker_threads';
import { parentPort } from 'node:worker_threads';
import { VoiceRecorderError } from '../model/failure.ts';
import { type CarriedError, describeError, revive } from './carried-error.ts';
import { Outbox } from './outbox.ts';
import { startThread } from './start-thread.ts';

interface Ticketed<Request> {
  readonly ticket: number;
  readonly request: Request;
}

type Reply<Answer> = { readonly ticket: number } & (
  | { readonly value: Answer }
  | { readonly error: CarriedError }
);

/** A thread that had nothing to do for so long ends: a quiet server holds no memory for it. */
const IDLE_MS = 30_000;

/** One thread that does many things side by side. It starts with the first request, and anew if it died. */
export class AskedThread<Request, Answer> {
  readonly #module: URL;
  readonly #options: { readonly name: string; readonly workerData: unknown };
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #worker: Worker | undefined;
  #outbox: Outbox<Ticketed<Request>> | undefined;
  #lastTicket = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(module: URL, options: { readonly name: string; readonly workerData: unknown }) {
    this.#module = module;
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Rejects with what the thread met, with `storage-failed` when it died, or with `interrupted` once it is closed. */
  ask(request: Request): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    clearTimeout(this.#idleTimer);
    const worker = this.#startedWorker();
    const ticket = ++this.#lastTicket;
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.set(ticket, answer);
    worker.ref();
    this.#outbox?.post({ ticket, request });
    return answer.promise;
  }

  /** Resolves when what is under way has ended, and the thread with it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    await Promise.allSettled([...this.#waiting.values()].map(({ promise }) => promise));
    await this.#worker?.terminate();
  }

  #startedWorker(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = startThread(this.#module, this.#options);
    this.#worker = worker;
    this.#outbox = new Outbox(worker);
    let cause: unknown;
    worker.on('message', (replies: readonly Reply<Answer>[]) => {
      for (const reply of replies) this.#receive(worker, reply);
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(this.#deathError(cause));
      this.#waiting.clear();
    });
    return worker;
  }

  #receive(worker: Worker, reply: Reply<Answer>): void {
    const answer = this.#waiting.get(reply.ticket);
    this.#waiting.delete(reply.ticket);
    if ('value' in reply) answer?.resolve(reply.value);
    else answer?.reject(revive(reply.error));
    if (this.#waiting.size > 0) return;
    worker.unref();
    this.#idleTimer = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  }

  #closedError(): VoiceRecorderError {
    return new VoiceRecorderError(
      'interrupted',
      `The thread "${this.#options.name}" was closed before this.`,
    );
  }

  #deathError(cause: unknown): VoiceRecorderError {
    const message = `The thread "${this.#options.name}" ended unexpectedly.`;
    return new VoiceRecorderError('storage-failed', message, { cause });
  }
}

/** The thread's end of an {@link AskedThread}: requests begin in their order and go on side by side. */
export function answerRequests<Request, Answer>(perform: (request: Request) => Promise<Answer>): void {
  if (parentPort === null) return;
  const outbox = new Outbox<Reply<Answer>>(parentPort);
  parentPort.on('message', (asked: readonly Ticketed<Request>[]) => {
    for (const { ticket, request } of asked) {
      perform(request).then(
        (value) => outbox.post({ ticket, value }),
        (error: unknown) => outbox.post({ ticket, error: describeError(error) }),
      );
    }
  });
}
