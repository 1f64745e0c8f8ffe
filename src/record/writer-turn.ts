import type { Readable } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';

/** One writer's right to an upload, from its first byte until what it delivered is journalled. */
export class WriterTurn {
  readonly #clock: Clock;
  readonly #body: Readable | null;
  readonly #settled = Promise.withResolvers<void>();
  #waitingSinceMs: number | null = null;
  #isCutOff = false;

  constructor(clock: Clock, body: Readable | null) {
    this.#clock = clock;
    this.#body = body;
  }

  /** Resolves when the writer is done, however it ended. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** From now on the writer waits for its socket. While it writes or syncs it is never called silent. */
  waitsForSocket(): void {
    this.#waitingSinceMs = this.#clock.monotonicMs();
  }

  heardFromSocket(): void {
    this.#waitingSinceMs = null;
  }

  /** For how long it waits for its socket by now; 0 while it does not. */
  get silentMs(): number {
    return this.#waitingSinceMs === null ? 0 : this.#clock.monotonicMs() - this.#waitingSinceMs;
  }

  isSilent(silenceMs: number): boolean {
    return this.#waitingSinceMs !== null && this.silentMs >= silenceMs;
  }

  /** Ends the writer's body; it journals what it has and settles. */
  cutOff(reason: string): void {
    this.#isCutOff = true;
    this.#body?.destroy(new Error(reason));
  }

  settle(): void {
    this.#settled.resolve();
  }
}

/** One upload has one writer at a time. A newcomer never waits for a live one, and never for a silent one either. */
export class WriterTurns {
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #uploadId: string;
  #current: WriterTurn | null = null;

  constructor(clock: Clock, silenceMs: number, uploadId: string) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#uploadId = uploadId;
  }

  get isTaken(): boolean {
    return this.#current !== null;
  }

  /** The turn for the writer with this body (null: the house itself). Rejects with `upload-busy`. */
  async take(body: Readable | null): Promise<WriterTurn> {
    await this.dismissSilent();
    if (this.#current !== null) {
      throw new VoiceRecorderError(
        'upload-busy',
        `Upload ${this.#uploadId} is just being written by another connection. Ask for its offset and try again.`,
      );
    }
    const turn = new WriterTurn(this.#clock, body);
    this.#current = turn;
    return turn;
  }

  release(turn: WriterTurn): void {
    if (this.#current === turn) this.#current = null;
    turn.settle();
  }

  /** Pre-empts a writer whose socket has been silent for too long, and waits until its bytes are safe. */
  async dismissSilent(): Promise<void> {
    const current = this.#current;
    if (current === null || !(current.isCutOff || current.isSilent(this.#silenceMs))) return;
    current.cutOff(`Another connection took upload ${this.#uploadId} over after a silence of this one.`);
    await current.settled;
  }

  /** Ends any writer, live or not. */
  async dismiss(reason: string): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    current.cutOff(reason);
    await current.settled;
  }
}
