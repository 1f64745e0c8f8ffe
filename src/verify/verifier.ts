import type { BlobFinding, Examination } from '../blobs/blob-store.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type { FixityCheck } from '../model/verification.ts';
import { judgeFinding } from './check-original.ts';

export interface VerifierDesk {
  readonly clock: Clock;
  find(id: RecordingId): Promise<Recording | undefined>;
  readonly examine: Examination['examine'];
  /** Work on one recording waits for the work on it that is under way: nobody heals it meanwhile. */
  readonly turns: { take<T>(id: RecordingId, work: () => Promise<T>): Promise<T> };
  /** Throws when the store is not there (any more): then nothing in it is missing. */
  requireStore(): void;
  /** Resolves when log and catalogue have it. */
  enter(check: FixityCheck): Promise<void>;
}

export type ReadingOptions = Parameters<Examination['examine']>[1];

/** Reads originals again and says whether they are what was received. */
export class Verifier {
  readonly #desk: VerifierDesk;

  constructor(desk: VerifierDesk) {
    this.#desk = desk;
  }

  /** Rejects with `recording-unknown`, `interrupted`, `store-marker-missing`, or when the check cannot be entered. */
  async verify(id: RecordingId, options: ReadingOptions = {}): Promise<FixityCheck> {
    const recording = await this.#require(id);
    const finding = await this.#desk.examine(recording.storedFilename, options);
    const check = this.#judge(recording, finding);
    if (check.result !== 'ok') return await this.#confirm(id, options);
    await this.#desk.enter(check);
    return check;
  }

  /**
   * Nothing is called damaged after one look: it may just have been replaced, moved or removed by a person's word, or
   * the whole disk may be gone.
   */
  #confirm(id: RecordingId, options: ReadingOptions): Promise<FixityCheck> {
    return this.#desk.turns.take(id, async () => {
      const recording = await this.#require(id);
      const finding = await this.#desk.examine(recording.storedFilename, options);
      this.#desk.requireStore();
      const check = this.#judge(recording, finding);
      await this.#desk.enter(check);
      return check;
    });
  }

  #judge(recording: Recording, finding: BlobFinding): FixityCheck {
    return judgeFinding(recording, finding, toIsoUtc(this.#desk.clock.nowMs()));
  }

  async #require(id: RecordingId): Promise<Recording> {
    const recording = await this.#desk.find(id);
    if (recording !== undefined && recording.status !== 'placing') return recording;
    throw unknownRecording(id);
  }
}
