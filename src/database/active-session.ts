import { VoiceRecorderError } from '../model/failure.ts';
import type { SessionRequest } from './session-factory.ts';
import type { SessionTrace } from './session-traces.ts';

type OverListener = (reason: unknown) => void;

/** One session from its call to its answer, through all its attempts; times are of `performance.now()`. */
export class ActiveSession implements SessionRequest {
  readonly name: string;
  readonly isReadonly: boolean;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly onRetry: () => void;
  readonly trace: SessionTrace;
  /** Since when its work runs; undefined while it waits for its turn, or for the commit. */
  workSinceMs: number | undefined;
  /** False: it was refused, or left the queue, before its work had begun. */
  hasBegun = false;
  isSlownessSaid = false;
  /** The wait for a commit has no deadline: nobody could say what became of it. */
  #hasDeadline = true;
  #reason: VoiceRecorderError | undefined;
  #controller: AbortController | undefined;
  readonly #listeners: OverListener[] = [];

  constructor(
    name: string,
    isReadonly: boolean,
    deadlineMs: number,
    onRetry: () => void,
    trace: SessionTrace,
  ) {
    this.name = name;
    this.isReadonly = isReadonly;
    this.deadlineMs = deadlineMs;
    this.startedAtMs = performance.now();
    this.onRetry = onRetry;
    this.trace = trace;
  }

  get deadlineAtMs(): number {
    return this.#hasDeadline && !this.#reason ? this.startedAtMs + this.deadlineMs : Number.POSITIVE_INFINITY;
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  throwIfOver(): void {
    if (this.#reason) throw this.#reason;
  }

  onOver(listener: OverListener): () => void {
    if (this.#reason) listener(this.#reason);
    else this.#listeners.push(listener);
    return () => {
      const position = this.#listeners.lastIndexOf(listener);
      if (position >= 0) this.#listeners.splice(position, 1);
    };
  }

  beginWork(): void {
    this.hasBegun = true;
    this.workSinceMs = performance.now();
  }

  endWork(): void {
    this.workSinceMs = undefined;
    this.#hasDeadline = false;
  }

  /** What was done is undone, and it may begin again within the same deadline. */
  takeBack(): void {
    this.#hasDeadline = true;
    if (performance.now() >= this.deadlineAtMs) this.expire();
  }

  /** Its deadline has passed. */
  expire(): void {
    if (this.#reason) return;
    this.#reason = new VoiceRecorderError(
      'session-deadline',
      `The session "${this.name}" did not end within ${this.deadlineMs} ms; what it wrote was undone.`,
    );
    this.#controller?.abort(this.#reason);
    for (const listener of this.#listeners.splice(0)) listener(this.#reason);
  }
}
