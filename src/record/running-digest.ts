import type { Worker } from 'node:worker_threads';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { revive } from '../threads/carried-error.ts';
import { startThread } from '../threads/start-thread.ts';
import type { DigestReply, DigestRequest } from './running-digest-worker.ts';

interface Asked {
  readonly request: DigestRequest & { kind: 'finish' };
  readonly resolve: (checksum: Sha256Hex) => void;
  readonly reject: (error: unknown) => void;
  isAskedAgain: boolean;
}

interface Thread {
  readonly worker: Worker;
  readonly asked: Map<number, Asked>;
}

const THREADS = 2;
/** A thread is bothered only when an upload is so far ahead; hashing this much takes a few milliseconds at its end. */
const LAG_BYTES = 2 * 1024 * 1024;

/**
 * SHA-256 of whole uploads, kept up while their bytes come in, in worker threads that read the file back; so that
 * the end of a take costs the same whatever its length. After a restart the hash begins anew with the first byte.
 */
export class RunningDigests {
  readonly #threads: (Thread | undefined)[] = [];
  readonly #toldBytes = new Map<RecordingId, number>();
  #lastTicket = 0;
  #isClosed = false;

  /** The first `safeBytes` of the file at `path` will not change any more. */
  follow(id: RecordingId, path: string, safeBytes: number): void {
    if (this.#isClosed || safeBytes - (this.#toldBytes.get(id) ?? 0) < LAG_BYTES) return;
    this.#toldBytes.set(id, safeBytes);
    this.#send(id, { kind: 'follow', id, path, upToBytes: safeBytes });
  }

  /** True when the hash of the first `safeBytes` is at hand or nearly: not after a restart of a long upload. */
  isNear(id: RecordingId, safeBytes: number): boolean {
    return safeBytes - (this.#toldBytes.get(id) ?? 0) <= LAG_BYTES;
  }

  /** SHA-256 of the first `sizeBytes`, from where the hash stands. */
  finish(id: RecordingId, path: string, sizeBytes: number): Promise<Sha256Hex> {
    if (this.#isClosed) return Promise.reject(endError(undefined));
    return new Promise((resolve, reject) => {
      const request = { kind: 'finish', id, path, upToBytes: sizeBytes, ticket: ++this.#lastTicket } as const;
      this.#ask({ request, resolve, reject, isAskedAgain: false });
    });
  }

  forget(id: RecordingId): void {
    if (!this.#toldBytes.delete(id) || this.#isClosed) return;
    this.#send(id, { kind: 'forget', id });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.endThreads();
  }

  /** Ends the threads as if they had died; what was asked of them is asked again of new ones. */
  async endThreads(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread?.worker.terminate()));
  }

  #ask(asked: Asked): void {
    const { id, ticket } = asked.request;
    this.#toldBytes.set(id, asked.request.upToBytes);
    const thread = this.#threadOf(id);
    thread.asked.set(ticket, asked);
    thread.worker.ref();
    thread.worker.postMessage(asked.request);
  }

  #send(id: RecordingId, request: DigestRequest): void {
    this.#threadOf(id).worker.postMessage(request);
  }

  /** Always the same thread for one upload, for it holds the state of its hash. The last digits of an id are random. */
  #threadOf(id: RecordingId): Thread {
    const index = Number.parseInt(id.slice(-4), 16) % THREADS;
    return this.#threads[index] ?? this.#start(index);
  }

  #start(index: number): Thread {
    const worker = startThread(siblingModule(import.meta.url, 'running-digest-worker'));
    const thread: Thread = { worker, asked: new Map() };
    let reason: unknown;
    worker.on('message', (reply: DigestReply) => settle(thread, reply));
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', () => {
      this.#threads[index] = undefined;
      for (const asked of thread.asked.values()) this.#survive(asked, reason);
    });
    // Only a question that waits for its answer keeps the process alive.
    worker.unref();
    this.#threads[index] = thread;
    return thread;
  }

  /** A dead thread's questions are asked once more of a new one, which begins with the first byte. */
  #survive(asked: Asked, reason: unknown): void {
    if (this.#isClosed || asked.isAskedAgain) asked.reject(endError(reason));
    else this.#ask({ ...asked, isAskedAgain: true });
  }
}

function settle(thread: Thread, reply: DigestReply): void {
  const asked = thread.asked.get(reply.ticket);
  if (asked === undefined) return;
  thread.asked.delete(reply.ticket);
  if (thread.asked.size === 0) thread.worker.unref();
  if ('checksum' in reply) asked.resolve(reply.checksum);
  else asked.reject(revive(reply));
}

function endError(cause: unknown): VoiceRecorderError {
  return cause === undefined
    ? new VoiceRecorderError('interrupted', 'The spool was closed while a checksum was being made.')
    : new VoiceRecorderError('storage-failed', 'The thread that makes checksums ended unexpectedly.', {
        cause,
      });
}
