import type { Worker } from 'node:worker_threads';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { startThread } from '../threads/start-thread.ts';
import type { ReadingPace } from './reading-pace.ts';

export interface FileChecksum {
  readonly checksum: Sha256Hex;
  readonly sizeBytes: number;
}

/** Hashes files in worker threads, so that the event loop never waits for a disk. */
export interface FileHasher {
  /**
   * SHA-256 of the regular file at `path` as it is read now; a symbolic link is not followed.
   * Rejects with the system's error, with `file-not-regular`, or with `interrupted` when `signal` aborts.
   * `pace`: how fast, and where the bytes read are counted.
   */
  hashFile(path: string | Buffer, signal?: AbortSignal, pace?: ReadingPace): Promise<FileChecksum>;
  close(): Promise<void>;
}

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
}

/** Workers start on first use and do not keep the process alive while they have nothing to do. */
export function openFileHasher(options: { readonly workerCount?: number } = {}): FileHasher {
  return new WorkerHasher(options.workerCount ?? 2);
}

class WorkerHasher implements FileHasher {
  readonly #workerCount: number;
  readonly #workers = new Map<Worker, Task | undefined>();
  readonly #waiting: Task[] = [];

  constructor(workerCount: number) {
    this.#workerCount = workerCount;
  }

  async hashFile(path: string | Buffer, signal?: AbortSignal, pace?: ReadingPace): Promise<FileChecksum> {
    const cancelled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = await new Promise<ChecksumAnswer>((settle) => {
        this.#waiting.push({ request: { path, cancelled, ...(pace ? { pace: pace.cells } : {}) }, settle });
        this.#handOut();
      });
      if ('failure' in answer) throw answer.failure;
      if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
      if ('isCancelled' in answer) {
        throw new VoiceRecorderError('interrupted', `Reading ${String(path)} was stopped before its end.`);
      }
      if ('isRegular' in answer) {
        throw new VoiceRecorderError(
          'file-not-regular',
          `${String(path)} is not a file: expected a regular file.`,
        );
      }
      return answer;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    const failure = new VoiceRecorderError(
      'interrupted',
      'The store was closed while a file was being read.',
    );
    for (const task of this.#waiting.splice(0)) task.settle({ failure });
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
  }

  #handOut(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idleWorker();
      if (worker === undefined) return;
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#workers.set(worker, task);
      worker.ref();
      worker.postMessage(task.request);
    }
  }

  #idleWorker(): Worker | undefined {
    for (const [worker, task] of this.#workers) if (task === undefined) return worker;
    return this.#workers.size < this.#workerCount ? this.#startWorker() : undefined;
  }

  #startWorker(): Worker {
    const worker = startThread(siblingModule(import.meta.url, 'checksum-worker'));
    this.#workers.set(worker, undefined);
    worker.on('message', (answer: ChecksumAnswer) => this.#settle(worker, answer));
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, undefined));
    return worker;
  }

  #settle(worker: Worker, answer: ChecksumAnswer): void {
    const task = this.#workers.get(worker);
    this.#workers.set(worker, undefined);
    worker.unref();
    task?.settle(answer);
    this.#handOut();
  }

  /** A worker that died takes only its own file along; the next file gets a new one. */
  #end(worker: Worker, cause: unknown): void {
    const task = this.#workers.get(worker);
    this.#workers.delete(worker);
    task?.settle({
      failure: new VoiceRecorderError('storage-failed', 'The thread that was reading a file ended early.', {
        cause,
      }),
    });
    this.#handOut();
  }
}
