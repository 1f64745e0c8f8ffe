import type { Worker } from 'node:worker_threads';
import { FAILURES, type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import { startThread } from '../threads/start-thread.ts';

/** What a worker of a pool sends back. Errors travel as their code and sentence: classes do not cross threads. */
export type PoolMessage =
  | { readonly ticket: number; readonly kind: 'done'; readonly value: unknown }
  | {
      readonly ticket: number;
      readonly kind: 'failed';
      readonly code: string | undefined;
      readonly message: string;
      readonly details?: Readonly<Record<string, unknown>>;
    }
  | { readonly ticket: number; readonly kind: 'progress'; readonly value: unknown };

export interface PoolCall {
  /** Goes before all that waits. */
  readonly isUrgent?: boolean;
  readonly onProgress?: (value: unknown) => void;
}

interface Job {
  readonly ticket: number;
  readonly request: unknown;
  readonly onProgress: (value: unknown) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads end when they had nothing to do for so long: a quiet server holds no memory for them. */
const IDLE_MS = 30_000;

/** A few worker threads, started when there is work, each doing one job at a time. */
export class WorkerPool {
  readonly #module: URL;
  readonly #size: number;
  readonly #queue: Job[] = [];
  readonly #workers = new Map<Worker, Job | null>();
  #lastTicket = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(module: URL, size: number) {
    this.#module = module;
    this.#size = size;
  }

  run(request: unknown, call: PoolCall = {}): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const onProgress = call.onProgress ?? (() => undefined);
      const job = { ticket: ++this.#lastTicket, request, onProgress, resolve, reject };
      if (call.isUrgent === true) this.#queue.unshift(job);
      else this.#queue.push(job);
      this.#assign();
    });
  }

  /** Ends the threads; what is under way or waits is rejected with `interrupted`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    for (const job of this.#queue.splice(0)) job.reject(closedError());
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#queue.length > 0) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#workers.set(worker, job);
      worker.ref();
      worker.postMessage({ ticket: job.ticket, request: job.request });
    }
  }

  #freeWorker(): Worker | undefined {
    for (const [worker, job] of this.#workers) {
      if (job === null) return worker;
    }
    return this.#workers.size < this.#size ? this.#start() : undefined;
  }

  #start(): Worker {
    const worker = startThread(this.#module);
    let reason: unknown;
    worker.on('message', (message: PoolMessage) => this.#receive(worker, message));
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', () => {
      const job = this.#workers.get(worker);
      this.#workers.delete(worker);
      job?.reject(this.#isClosed ? closedError() : deathError(reason));
      if (!this.#isClosed) this.#assign();
    });
    this.#workers.set(worker, null);
    return worker;
  }

  #receive(worker: Worker, message: PoolMessage): void {
    const job = this.#workers.get(worker);
    if (job === undefined || job === null || job.ticket !== message.ticket) return;
    if (message.kind === 'progress') {
      job.onProgress(message.value);
      return;
    }
    this.#workers.set(worker, null);
    worker.unref();
    if (message.kind === 'done') job.resolve(message.value);
    else job.reject(revive(message.code, message.message, message.details));
    this.#assign();
    this.#watchIdle();
  }

  #watchIdle(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      for (const [worker, job] of this.#workers) {
        if (job === null) {
          this.#workers.delete(worker);
          void worker.terminate();
        }
      }
    }, IDLE_MS).unref();
  }
}

/** An error that came from a worker: one of ours again, or with the `code` the operating system gave. */
export function revive(
  code: string | undefined,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): Error {
  if (code !== undefined && Object.hasOwn(FAILURES, code)) {
    return new VoiceRecorderError(code as FailureCode, message, { details });
  }
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** What of an error crosses a thread; {@link revive} makes an error of it again. */
export function describeError(error: unknown): {
  code: string | undefined;
  message: string;
  details: Readonly<Record<string, unknown>>;
} {
  if (!(error instanceof Error)) return { code: undefined, message: String(error), details: {} };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { code, message: error.message, details: error instanceof VoiceRecorderError ? error.details : {} };
}

function closedError(): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', 'The spool was closed before this was done.');
}

function deathError(cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError('storage-failed', 'A worker thread of the spool ended unexpectedly.', {
    cause,
  });
}
