import { parentPort, type Worker } from 'node:worker_threads';
import { VoiceRecorderError } from '../model/failure.ts';
import { type CarriedError, describeError, revive } from './carried-error.ts';
import { Outbox } from './outbox.ts';
import { startThread } from './start-thread.ts';

/** What a worker gets. */
interface Ticketed<Request> {
  readonly ticket: number;
  readonly request: Request;
}

/** What it sends back. */
type Reply =
  | { readonly ticket: number; readonly kind: 'done'; readonly value: unknown }
  | ({ readonly ticket: number; readonly kind: 'failed' } & CarriedError)
  | { readonly ticket: number; readonly kind: 'progress'; readonly value: unknown };

export interface PoolOptions {
  /** Whose threads they are, for people and for debuggers. */
  readonly name: string;
  readonly size: number;
  /** So many shared jobs one thread has at a time: one is at work while the others wait for the disk. */
  readonly sharedAtOnce?: number;
  readonly workerData?: unknown;
}

export interface PoolCall {
  /** Goes before all that waits. */
  readonly isUrgent?: boolean;
  /** Waits for the disk at times: its thread may begin a further one of its kind meanwhile. */
  readonly isShared?: boolean;
  readonly onProgress?: (value: unknown) => void;
}

interface Job<Request> {
  readonly ticket: number;
  readonly request: Request;
  readonly isShared: boolean;
  readonly onProgress: (value: unknown) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Hand<Request> {
  readonly outbox: Outbox<Ticketed<Request>>;
  readonly jobs: Job<Request>[];
}

/** Threads end when they had nothing to do for so long: a quiet server holds no memory for them. */
const IDLE_MS = 30_000;

/** A few worker threads, started when there is work, each doing one job at a time, or a few that are shared. */
export class WorkerPool<Request> {
  readonly #module: URL;
  readonly #options: PoolOptions;
  readonly #queue: Job<Request>[] = [];
  readonly #workers = new Map<Worker, Hand<Request>>();
  #lastTicket = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `module`: the entry of the threads, which calls {@link answerRequests}. */
  constructor(module: URL, options: PoolOptions) {
    this.#module = module;
    this.#options = options;
  }

  /** Whether a thread is there, at work or not. */
  get isRunning(): boolean {
    return this.#workers.size > 0;
  }

  /** Rejects with what the thread met, with `storage-failed` when it died, or with `interrupted` once this is closed. */
  run<Answer>(request: Request, call: PoolCall = {}): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { isShared = false, onProgress = () => undefined } = call;
    const job = { ticket: ++this.#lastTicket, request, isShared, onProgress, resolve, reject };
    if (call.isUrgent === true) this.#queue.unshift(job);
    else this.#queue.push(job);
    this.#assign();
    return promise as Promise<Answer>;
  }

  /** Ends the threads; what is under way or waits is rejected with `interrupted`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    for (const job of this.#queue.splice(0)) job.reject(this.#closedError());
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

  #workerFor({ isShared }: Job<Request>): Worker | undefined {
    for (const [worker, { jobs }] of this.#workers) if (jobs.length === 0) return worker;
    const { size, sharedAtOnce = 1 } = this.#options;
    if (this.#workers.size < size) return this.#start();
    if (!isShared) return undefined;
    const [least] = [...this.#workers]
      .filter(([, { jobs }]) => jobs.length < sharedAtOnce && jobs.every((job) => job.isShared))
      .sort(([, a], [, b]) => a.jobs.length - b.jobs.length);
    return least?.[0];
  }

  #start(): Worker {
    const { name, workerData } = this.#options;
    const worker = startThread(this.#module, { name, workerData });
    let reason: unknown;
    worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#receive(worker, reply);
    });
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', () => {
      const { jobs = [] } = this.#workers.get(worker) ?? {};
      this.#workers.delete(worker);
      for (const { reject } of jobs) reject(this.#isClosed ? this.#closedError() : this.#deathError(reason));
      if (!this.#isClosed) this.#assign();
    });
    this.#workers.set(worker, { outbox: new Outbox(worker), jobs: [] });
    return worker;
  }

  #receive(worker: Worker, reply: Reply): void {
    const { jobs = [] } = this.#workers.get(worker) ?? {};
    const job = jobs.find(({ ticket }) => ticket === reply.ticket);
    if (job === undefined) return;
    if (reply.kind === 'progress') {
      job.onProgress(reply.value);
      return;
    }
    jobs.splice(jobs.indexOf(job), 1);
    if (jobs.length === 0) worker.unref();
    if (reply.kind === 'done') job.resolve(reply.value);
    else job.reject(revive(reply));
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

  #closedError(): VoiceRecorderError {
    return new VoiceRecorderError(
      'interrupted',
      `The ${this.#options.name} was closed before this was done.`,
    );
  }

  #deathError(cause: unknown): VoiceRecorderError {
    const message = `A worker thread of the ${this.#options.name} ended unexpectedly.`;
    return new VoiceRecorderError('storage-failed', message, { cause });
  }
}

/** The threads' end of a {@link WorkerPool}: requests begin in their order, and go on side by side where they wait. */
export function answerRequests<Request>(
  perform: (request: Request, onProgress: (value: unknown) => void) => Promise<unknown>,
): void {
  if (parentPort === null) return;
  const outbox = new Outbox<Reply>(parentPort);
  parentPort.on('message', (asked: readonly Ticketed<Request>[]) => {
    for (const { ticket, request } of asked) {
      perform(request, (value) => outbox.post({ ticket, kind: 'progress', value })).then(
        (value) => outbox.post({ ticket, kind: 'done', value }),
        (error: unknown) => outbox.post({ ticket, kind: 'failed', ...describeError(error) }),
      );
    }
  });
}
