import type { Clock } from '../model/clock.ts';
import { toIsoUtc } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { UploadReceipt, UploadState } from '../model/upload.ts';
import { asSpoolFailure } from './disk.ts';
import { JournalTail } from './journal-tail.ts';
import { dataPath, journalPath } from './spool-layout.ts';
import { type UploadInfo, writeUploadInfo } from './upload-info.ts';
import type { WriterTurns } from './writer-turn.ts';

export interface LaneStart {
  readonly folder: string;
  readonly info: UploadInfo;
  readonly offsetBytes: number;
  readonly recordCount: number;
  /** When the last byte came or, without any, when the upload was made. */
  readonly lastActivityAtMs: number;
}

/** One unfinished upload as this process knows it. What it says of offsets is on stable storage. */
export class UploadLane {
  readonly id: RecordingId;
  readonly folder: string;
  readonly turns: WriterTurns;
  readonly #clock: Clock;
  readonly #expiryMs: number;
  #info: UploadInfo;
  #saving: Promise<void> = Promise.resolve();
  #declaredBytes: number | null = null;
  /** What the journal file may still lack. */
  readonly journalTail: JournalTail;
  offsetBytes: number;
  recordCount: number;
  /** True after a failed sync: the files must be replaced before anything else is written. */
  isDistrusted = false;
  /** Set while the bytes are on their way to become a recording, and after they did. */
  completion: Promise<UploadReceipt> | null = null;
  receipt: UploadReceipt | null = null;
  /** True once a person ended it. */
  isTerminated = false;
  #lastActivityAtMs: number;
  #activeAtMonotonicMs: number;
  #silentBeforeMs: number;

  constructor(start: LaneStart, clock: Clock, expiryMs: number, turns: WriterTurns) {
    this.id = start.info.id;
    this.folder = start.folder;
    this.journalTail = new JournalTail(start.info.id);
    this.turns = turns;
    this.#clock = clock;
    this.#expiryMs = expiryMs;
    this.#info = start.info;
    this.offsetBytes = start.offsetBytes;
    this.recordCount = start.recordCount;
    this.#lastActivityAtMs = start.lastActivityAtMs;
    this.#activeAtMonotonicMs = clock.monotonicMs();
    // The wall clock is asked once, for the time this process did not see; it may have been set back meanwhile.
    this.#silentBeforeMs = Math.max(0, clock.nowMs() - start.lastActivityAtMs);
  }

  get info(): UploadInfo {
    return this.#info;
  }

  get paths(): { readonly data: string; readonly journal: string } {
    const { generation } = this.#info;
    return { data: dataPath(this.folder, generation), journal: journalPath(this.folder, generation) };
  }

  /** What was declared, also while that is not written down. */
  get lengthBytes(): number | null {
    return this.#declaredBytes ?? this.#info.lengthBytes;
  }

  /** True when all declared bytes are there. */
  get isWhole(): boolean {
    return this.lengthBytes === this.offsetBytes;
  }

  /** Milliseconds since something came for this upload. */
  get silentForMs(): number {
    return this.#silentBeforeMs + this.#clock.monotonicMs() - this.#activeAtMonotonicMs;
  }

  get isExpired(): boolean {
    return this.silentForMs >= this.#expiryMs;
  }

  noteActivity(): void {
    this.#lastActivityAtMs = this.#clock.nowMs();
    this.#activeAtMonotonicMs = this.#clock.monotonicMs();
    this.#silentBeforeMs = 0;
  }

  /** Bytes up to `endBytes` are safe, and one more record. */
  noteJournalled(endBytes: number): void {
    this.offsetBytes = endBytes;
    this.recordCount++;
    this.noteActivity();
  }

  /** Changes `info.json`, one change after the other. Resolves when the change is on stable storage. */
  amendInfo(change: Partial<UploadInfo>): Promise<void> {
    const saved = this.#saving.then(async () => {
      const info = { ...this.#info, ...change };
      await writeUploadInfo(this.folder, info);
      this.#info = info;
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** The length counts at once, and for good when {@link saveLength} has resolved or the upload is a recording. */
  declareLength(lengthBytes: number): void {
    this.#declaredBytes = lengthBytes;
  }

  /** Resolves when what was declared is on stable storage; what fails does not count. */
  async saveLength(): Promise<void> {
    const lengthBytes = this.#declaredBytes;
    if (lengthBytes === null || lengthBytes === this.#info.lengthBytes) return;
    try {
      await this.amendInfo({ lengthBytes });
    } catch (error) {
      this.#declaredBytes = null;
      throw asSpoolFailure(error, `the length of upload ${this.id}`);
    }
  }

  state(): UploadState {
    return {
      id: this.id,
      wish: this.#info.wish,
      offsetBytes: this.offsetBytes,
      lengthBytes: this.#info.lengthBytes,
      createdAt: this.#info.createdAt,
      expiresAt: toIsoUtc(this.#lastActivityAtMs + this.#expiryMs),
      receipt: this.receipt,
    };
  }

  get lastActivityAt(): string {
    return toIsoUtc(this.#lastActivityAtMs);
  }
}
