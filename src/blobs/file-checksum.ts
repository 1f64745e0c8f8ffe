import type { Worker } from 'node:worker_threads';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import { startThread } from '../threads/start-thread.ts';
import type { ReadingPace } from './reading-pace.ts';
import { checksumOfShortFile, SHORT_BYTES } from './short-file-checksum.ts';

export interface FileChecksum {
  readonly checksum: Sha256Hex;
  readonly sizeBytes: number;
}

/** Hashes files, all but the shortest in worker threads: the event loop never waits for a disk. */
export interface FileHasher {
  /**
   * SHA-256 of the regular file at `path` as it is read now; a symbolic link is not followed.
   * Rejects with the system's error, with `file-not-regular`, or with `interrupted` when `signal` aborts.
   */
  hashFile(path: string | Buffer, signal?: AbortSignal, reading?: Reading): Promise<FileChecksum>;
  close(): Promise<void>;
}

export interface Reading {
  /** How fast, and where the bytes read are counted. */
  readonly pace?: ReadingPace | undefined;
  /** How long the file is, when that is known. */
  readonly sizeBytes?: number;
}

/**
 * A thread that reads such a file is given the next one before it asks: it would wait for us as long as it takes to
 * read a tenth of it. Behind a longer file nobody is made to wait.
 */
const SHORT_FILE_BYTES = 32 * 1024 * 1024;
/** One thread reads files of this size as fast as they are entered: a further one would only take its memory. */
const WORTH_THREAD_BYTES = 1024 * 1024;

export interface ChecksumRequest {
  readonly path: string | Uint8Array;
  /** One Int32; anything but 0 stops the reading. */
  readonly cancelled: SharedArrayBuffer;
  /** The cells of a `ReadingPace`. */
  readonly pace?: SharedArrayBuffer;
}

export type ChecksumAnswer =
  | { readonly checksum: Sha256Hex; readonly sizeBytes: number }
  | { readonly isRegular: false }
  | { readonly isCancelled: true }
  | { readonly error: { readonly message: string; readonly code?: string; readonly syscall?: string } }
  | { readonly failure: VoiceRecorderError };

interface Task {
  readonly request: ChecksumRequest;
  readonly settle: (answer: ChecksumAnswer) => void;
  readonly sizeBytes: number;
}

/** Workers start on first use and do not keep the process alive while they have nothing to do. */
export function openFileHasher(options: { readonly workerCount?: number } = {}): FileHasher {
  return new WorkerHasher(options.workerCount ?? 2);
}

class WorkerHasher implements FileHasher {
  readonly #workerCount: number;
  /** What each has been given; it reads the first. */
  readonly #workers = new Map<Worker, Task[]>();
  readonly #waiting: Task[] = [];
  #isClosed = false;

  constructor(workerCount: number) {
    this.#workerCount = workerCount;
  }

  async hashFile(path: string | Buffer, signal?: AbortSignal, reading: Reading = {}): Promise<FileChecksum> {
    assertOutsideWriteSession(`Hashing ${String(path)}`);
    const { pace, sizeBytes = Number.POSITIVE_INFINITY } = reading;
    const cancelled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      if (sizeBytes <= SHORT_BYTES && pace?.isLimited !== true && signal?.aborted !== true) {
        const found = await checksumOfShortFile(path);
        if (found === 'no-file') throw notRegular(path);
        if (found !== 'longer') {
          pace?.noteRead(found.sizeBytes);
          return found;
        }
      }
      const answer = await new Promise<ChecksumAnswer>((settle) => {
        const request = { path, cancelled, ...(pace ? { pace: pace.cells } : {}) };
        if (this.#isClosed) settle({ failure: closedMeanwhile() });
        else this.#waiting.push({ request, settle, sizeBytes });
        this.#handOut();
      });
      if ('failure' in answer) throw answer.failure;
      if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
      if ('isCancelled' in answer) {
        throw new VoiceRecorderError('interrupted', `Reading ${String(path)} was stopped before its end.`);
      }
      if ('isRegular' in answer) throw notRegular(path);
      return answer;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    const failure = closedMeanwhile();
    this.#isClosed = true;
    for (const task of this.#waiting.splice(0)) task.settle({ failure });
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
  }

  #handOut(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const worker = this.#workerFor(next);
      if (worker === undefined) return;
      this.#waiting.shift();
      this.#workers.get(worker)?.push(next);
      worker.ref();
      worker.postMessage(next.request);
    }
  }

  #workerFor({ sizeBytes }: Task): Worker | undefined {
    for (const [worker, tasks] of this.#workers) if (tasks.length === 0) return worker;
    const isWorthThread = this.#workers.size === 0 || sizeBytes >= WORTH_THREAD_BYTES;
    if (this.#workers.size < this.#workerCount && isWorthThread) return this.#startWorker();
    if (sizeBytes > SHORT_FILE_BYTES) return undefined;
    for (const [worker, [first, ...others]] of this.#workers) {
      if (first !== undefined && first.sizeBytes <= SHORT_FILE_BYTES && others.length === 0) return worker;
    }
    return undefined;
  }

  #startWorker(): Worker {
    const worker = startThread(siblingModule(import.meta.url, 'checksum-worker'));
    this.#workers.set(worker, []);
    worker.on('message', (answer: ChecksumAnswer) => this.#settle(worker, answer));
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, undefined));
    return worker;
  }

  #settle(worker: Worker, answer: ChecksumAnswer): void {
    const tasks = this.#workers.get(worker);
    const task = tasks?.shift();
    if (tasks?.length === 0) worker.unref();
    task?.settle(answer);
    this.#handOut();
  }

  /** A worker that died takes only the file along that it read; the next one gets a new worker. */
  #end(worker: Worker, cause: unknown): void {
    const [task, ...given] = this.#workers.get(worker) ?? [];
    this.#workers.delete(worker);
    const message = 'The thread that was reading a file ended early.';
    const failure = new VoiceRecorderError('storage-failed', message, { cause });
    task?.settle({ failure });
    if (this.#isClosed) for (const { settle } of given) settle({ failure });
    else this.#waiting.unshift(...given);
    this.#handOut();
  }
}

function closedMeanwhile(): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', 'The store was closed while a file was being read.');
}

function notRegular(path: string | Buffer): VoiceRecorderError {
  return new VoiceRecorderError(
    'file-not-regular',
    `${String(path)} is not a file: expected a regular file.`,
  );
}
