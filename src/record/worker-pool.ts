import type { Worker } from 'node:worker_threads';
import { VoiceRecorderError } from '../model/failure.ts';
import { type CarriedError, revive } from '../threads/carried-error.ts';
import { Outbox } from '../threads/outbox.ts';
import { startThread } from '../threads/start-thread.ts';

/** What a worker of a pool sends back. */
export type PoolMessage =
  | { readonly ticket: number; readonly kind: 'done'; readonly value: unknown }
  | ({ readonly ticket: number; readonly kind: 'failed' } & CarriedError)
  | { readonly ticket: number; readonly kind: 'progress'; readonly value: unknown };

export interface PoolCall {
  /** Goes before all that waits. */
  readonly isUrgent?: boolean;
  /** Waits for the disk at times: its thread may begin a further one of its kind meanwhile. */
  readonly isShared?: boolean;
  readonly onProgress?: (value: unknown) => void;
}

/** What a worker of a pool gets. */
export interface PoolRequest<Request> {
  readonly ticket: number;
  readonly request: Request;
}

interface Job {
  readonly ticket: number;
  readonly request: unknown;
  readonly isShared: boolean;
  readonly onProgress: (value: unknown) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Hand {
  readonly outbox: Outbox<PoolRequest<unknown>>;
  readonly jobs: Job[];
}

/** Threads end when they had nothing to do for so long: a quiet server holds no memory for them. */
const IDLE_MS = 30_000;

/** So many shared jobs one thread has at a time: one is at work while the others wait for their syncs. */
const SHARED_AT_ONCE = 3;

/** A few worker threads, started when there is work, each doing one job at a time, or a few that are shared. */
export class WorkerPool {
  readonly #module: URL;
  readonly #size: number;
  readonly #queue: Job[] = [];
  readonly #workers = new Map<Worker, Hand>();
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
      const { isShared = false } = call;
      const job = { ticket: ++this.#lastTicket, request, isShared, onProgress, resolve, reject };
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
    for (let job = this.#queue[0]; job !== undefined; job = this.#queue[0]) {
      const worker = this.#workerFor(job);
      if (worker === undefined) return;
      this.#queue.shift();
      const hand = this.#workers.get(worker);
      hand?.jobs.push(job);
      worker.ref();
      hand?.outbox.post({ ticket: job.ticket, request: job.request });
    }
  }

  #workerFor({ isShared }: Job): Worker | undefined {
    for (const [worker, { jobs }] of this.#workers) if (jobs.length === 0) return worker;
    if (this.#workers.size < this.#size) return this.#start();
    if (!isShared) return undefined;
    const [least] = [...this.#workers]
      .filter(([, { jobs }]) => jobs.length < SHARED_AT_ONCE && jobs.every((job) => job.isShared))
      .sort(([, a], [, b]) => a.jobs.length - b.jobs.length);
    return least?.[0];
  }

  #start(): Worker {
    const worker = startThread(this.#module);
    let reason: unknown;
    worker.on('message', (message: PoolMessage) => this.#receive(worker, message));
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', () => {
      const { jobs = [] } = this.#workers.get(worker) ?? {};
      this.#workers.delete(worker);
      for (const { reject } of jobs) reject(this.#isClosed ? closedError() : deathError(reason));
      if (!this.#isClosed) this.#assign();
    });
    this.#workers.set(worker, { outbox: new Outbox(worker), jobs: [] });
    return worker;
  }

  #receive(worker: Worker, message: PoolMessage): void {
    const { jobs = [] } = this.#workers.get(worker) ?? {};
    const job = jobs.find(({ ticket }) => ticket === message.ticket);
    if (job === undefined) return;
    if (message.kind === 'progress') {
      job.onProgress(message.value);
      return;
    }
    jobs.splice(jobs.indexOf(job), 1);
    if (jobs.length === 0) worker.unref();
    if (message.kind === 'done') job.resolve(message.value);
    else job.reject(revive(message));
    this.#assign();
    this.#watchIdle();
  }

  #watchIdle(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      for (const [worker, { jobs }] of this.#workers) {
        if (jobs.length === 0) {
          this.#workers.delete(worker);
          void worker.terminate();
        }
      }
    }, IDLE_MS).unref();
  }
}

function closedError(): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', 'The spool was closed before this was done.');
}

function deathError(cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError('storage-failed', 'A worker thread of the spool ended unexpectedly.', {
    cause,
  });
}
