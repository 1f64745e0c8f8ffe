import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import { readResidentBytes } from './child-memory.ts';
import { MediaChild } from './media-child-process.ts';
import type { MediaReply, MediaRequest } from './media-messages.ts';

/** How long and how much a call may take before its child is killed. */
export interface ChildLineLimits {
  /** For a whole call. */
  readonly callMs: number;
  /** Without a sign of progress. */
  readonly silenceMs: number;
  /** Resident memory of the child, everything included. */
  readonly memoryBytes: number;
  /** An idle child is ended after this. */
  readonly idleMs: number;
  /**
   * Calls that are sent before the one that runs is done, so that the child need not wait for the next. Only for calls
   * that leave nothing behind: one that is aborted meanwhile is done all the same.
   */
  readonly aheadCount: number;
}

/** What happens to the children; for logs. */
export interface MediaEvent {
  readonly type: 'child-started' | 'child-killed' | 'child-ended';
  readonly line: string;
  readonly processId: number;
  readonly reason: string;
}

interface Task {
  readonly request: MediaRequest;
  readonly onProgress: ((share: number) => void) | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly finish: () => void;
  isSettled: boolean;
}

interface SentTask {
  readonly task: Task;
  readonly callId: number;
}

const MEMORY_CHECK_MS = 50;
/** A child that is not needed yet and dies at once is not started again sooner. */
const PREPARE_AGAIN_MS = 10_000;
/** How long a child may take to start. */
const START_MS = 60_000;

/** One child process and the queue before it: one call runs at a time; a new child whenever the old one dies. */
export class ChildLine {
  readonly #name: string;
  readonly #limits: ChildLineLimits;
  readonly #onEvent: (event: MediaEvent) => void;
  readonly #waiting: Task[] = [];
  /** What the child was sent: the first one runs. */
  #sent: SentTask[] = [];
  #runsSinceMs = 0;
  #child: MediaChild | undefined;
  #watching: NodeJS.Timeout | undefined;
  /** Set while the child is being killed: why, for the call that runs. */
  #doom: { readonly error: unknown } | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #preparedAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(name: string, limits: ChildLineLimits, onEvent: (event: MediaEvent) => void) {
    this.#name = name;
    this.#limits = limits;
    this.#onEvent = onEvent;
  }

  /**
   * Runs `request` after those before it. A crash, a time-out or too much memory rejects this call only; calls that
   * were waiting go to a new child. Aborting kills the child if this call is running, else the call just leaves.
   */
  run(request: MediaRequest, signal?: AbortSignal, onProgress?: (share: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      assertOutsideWriteSession(`The media process (${request.kind})`);
      if (this.#isClosed) throw failure('media-crashed', 'The media process is closed.');
      signal?.throwIfAborted();
      const onAbort = () => this.#abort(task, signal?.reason);
      const finish = () => signal?.removeEventListener('abort', onAbort);
      const task: Task = { request, onProgress, resolve, reject, finish, isSettled: false };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(task);
      this.#startNext();
    });
  }

  /** Has a child ready for a call that is likely to come, and keeps an idle one. Cheap: may be called at any rate. */
  prepare(): void {
    assertOutsideWriteSession(`The media process (${this.#name})`);
    if (this.#isClosed || this.#sent.length > 0 || this.#doom !== undefined) return;
    if (this.#child !== undefined) {
      this.#idleTimer?.refresh();
      return;
    }
    const nowMs = performance.now();
    if (nowMs - this.#preparedAtMs < PREPARE_AGAIN_MS) return;
    this.#preparedAtMs = nowMs;
    this.#liveChild();
    this.#startNext();
  }

  /** Ends the child; calls that run or wait are rejected with `media-crashed`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const closing = failure('media-crashed', 'The media process was closed before this call was done.');
    const unbegun = [...this.#waiting.splice(0), ...this.#sent.slice(1).map(({ task }) => task)];
    for (const task of unbegun) settle(task, () => task.reject(closing));
    await this.#kill(closing, 'closed');
  }

  #startNext(): void {
    if (this.#doom !== undefined) return;
    while (this.#sent.length <= this.#limits.aheadCount) {
      const task = this.#waiting.shift();
      if (task === undefined) break;
      this.#send(task);
    }
    if (this.#sent.length > 0 || this.#child === undefined) return;
    const idle = failure('media-crashed', 'The idle media process was ended.');
    this.#idleTimer = setTimeout(() => void this.#kill(idle, 'idle'), this.#limits.idleMs).unref();
    this.#child.unref();
  }

  #send(task: Task): void {
    clearTimeout(this.#idleTimer);
    const child = this.#liveChild();
    child.ref();
    const callId = child.send(task.request);
    this.#sent.push({ task, callId });
    if (this.#sent.length === 1) this.#beginRun(child);
  }

  #liveChild(): MediaChild {
    if (this.#child !== undefined) return this.#child;
    const child: MediaChild = new MediaChild(
      (reply) => this.#receive(child, reply),
      (reason) => this.#lose(child, reason),
    );
    this.#child = child;
    this.#onEvent({ type: 'child-started', line: this.#name, processId: child.processId, reason: 'needed' });
    return child;
  }

  /** Guards the call that runs now, until the line is empty. */
  #beginRun(child: MediaChild): void {
    this.#runsSinceMs = performance.now();
    child.lastSignAt = this.#runsSinceMs;
    this.#watching ??= setInterval(() => void this.#check(child), MEMORY_CHECK_MS);
  }

  async #check(child: MediaChild): Promise<void> {
    const { callMs, silenceMs, memoryBytes } = this.#limits;
    const runsSinceMs = this.#runsSinceMs;
    const now = performance.now();
    const residentBytes = (await readResidentBytes(child.processId)) ?? 0;
    // What was seen of one call says nothing about the next.
    if (this.#watching === undefined || this.#child !== child || this.#runsSinceMs !== runsSinceMs) return;
    if (residentBytes > memoryBytes) {
      const sentence = `The media process used ${residentBytes} bytes of memory, more than the allowed ${memoryBytes}.`;
      await this.#kill(failure('media-out-of-memory', sentence), 'memory');
    } else if (
      now - runsSinceMs > callMs ||
      now - child.lastSignAt > (child.isReady ? silenceMs : START_MS)
    ) {
      const seconds = ((now - runsSinceMs) / 1000).toFixed(1);
      await this.#kill(
        failure('media-timeout', `The media process gave no answer for ${seconds} s.`),
        'time',
      );
    }
  }

  #receive(child: MediaChild, reply: MediaReply): void {
    const [running] = this.#sent;
    // What a child says after its end was decided counts no more.
    if (running === undefined || this.#doom !== undefined || reply.callId !== running.callId) return;
    if (reply.type === 'ready') return;
    const { task } = running;
    if (reply.type === 'progress') {
      task.onProgress?.(reply.share);
      return;
    }
    this.#sent.shift();
    if (this.#sent.length > 0) this.#beginRun(child);
    else this.#endWatch();
    settle(task, () => {
      if (reply.type === 'done') task.resolve(reply.answer);
      else task.reject(failure(reply.code ?? 'media-failed', reply.message, reply.details));
    });
    this.#startNext();
  }

  #abort(task: Task, reason: unknown): void {
    if (this.#sent[0]?.task === task) {
      void this.#kill(reason, 'aborted');
      return;
    }
    const position = this.#waiting.indexOf(task);
    if (position >= 0) this.#waiting.splice(position, 1);
    settle(task, () => task.reject(reason));
  }

  async #kill(error: unknown, why: string): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    if (this.#doom === undefined) {
      this.#doom = { error };
      this.#onEvent({ type: 'child-killed', line: this.#name, processId: child.processId, reason: why });
    }
    await child.kill();
  }

  /** The child is gone: the call that ran failed, all others go to the next child. */
  #lose(child: MediaChild, reason: string): void {
    this.#onEvent({ type: 'child-ended', line: this.#name, processId: child.processId, reason });
    const doom = this.#doom;
    const [running, ...ahead] = this.#sent.splice(0);
    this.#child = undefined;
    this.#doom = undefined;
    this.#endWatch();
    this.#waiting.unshift(...ahead.map(({ task }) => task).filter(({ isSettled }) => !isSettled));
    if (running !== undefined) {
      const { task } = running;
      const crash = failure('media-crashed', `The media process ended in mid-call (${reason}).`);
      settle(task, () => task.reject(doom === undefined ? crash : doom.error));
    }
    if (this.#waiting.length > 0) this.#startNext();
  }

  #endWatch(): void {
    clearInterval(this.#watching);
    this.#watching = undefined;
  }
}

function settle(task: Task, answer: () => void): void {
  task.isSettled = true;
  task.finish();
  answer();
}

function failure(
  code: FailureCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): VoiceRecorderError {
  return new VoiceRecorderError(code, message, { details });
}
