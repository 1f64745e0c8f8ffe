import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type AudioRecipe, makeAudio } from './made-audio.ts';

/** What was sent and promised for one upload or imported file. */
export interface Sending {
  readonly kind: 'take' | 'file' | 'import';
  readonly recipe: AudioRecipe;
  /** Less than the recipe gives when a take was ended before it was all sent. */
  sizeBytes: number;
  checksum: string;
  /** The highest number of bytes that was answered for. */
  acknowledgedBytes: number;
  /** Once it was said to be a recording. */
  recordingId: string | null;
}

/** Titles of one recording: the last one answered for, and those sent since without an answer. */
export interface TitleWishes {
  acknowledged: string | null;
  unanswered: string[];
}

export type LossKind =
  | 'lost-bytes'
  | 'differing-bytes'
  | 'unreadable'
  | 'duplicate'
  | 'orphan'
  | 'amendment-lost'
  | 'sidecar'
  | 'spool'
  | 'refused'
  | 'server';

/** One promise that was not kept. */
export interface Loss {
  readonly kind: LossKind;
  /** A whole sentence that names the thing. */
  readonly message: string;
  /** Acknowledged bytes that are gone or changed. */
  readonly bytes: number;
}

/**
 * The clients' own account of what they were promised: in memory, and before it counts also in a file outside of the
 * store, synced, one JSON line for each promise.
 */
export class Ledger {
  /** By upload id. */
  readonly uploads = new Map<string, Sending>();
  readonly imports: Sending[] = [];
  /** By recording id. */
  readonly titles = new Map<string, TitleWishes>();
  readonly losses: Loss[] = [];
  readonly #recordings: Sending[] = [];
  readonly #file: FileHandle;
  #amendmentCount = 0;
  #lines: string[] = [];
  #syncing: Promise<void> | undefined;

  static async open(path: string): Promise<Ledger> {
    return new Ledger(await open(path, 'ax', 0o600));
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  get acknowledgedBytes(): number {
    let sum = 0;
    for (const { acknowledgedBytes } of this.#sendings()) sum += acknowledgedBytes;
    return sum;
  }

  /** Titles that were answered for. */
  get amendmentCount(): number {
    return this.#amendmentCount;
  }

  /** What was said to be a recording, oldest first. */
  get recordings(): readonly Sending[] {
    return this.#recordings;
  }

  async begin(uploadId: string, sending: Sending): Promise<void> {
    this.uploads.set(uploadId, sending);
    const { kind, recipe } = sending;
    await this.#write({ event: 'upload', uploadId, kind, recipe });
  }

  /** The server answered for the first `offsetBytes` bytes of an upload. */
  async acknowledge(uploadId: string, offsetBytes: number): Promise<void> {
    await this.#write({ event: 'acknowledged', uploadId, offsetBytes });
    const sending = this.#upload(uploadId);
    sending.acknowledgedBytes = Math.max(sending.acknowledgedBytes, offsetBytes);
  }

  /** The server answered that an upload is a recording. */
  async complete(uploadId: string, recordingId: string, checksum: string): Promise<void> {
    await this.#write({ event: 'recording', uploadId, recordingId, checksum });
    const sending = this.#upload(uploadId);
    sending.acknowledgedBytes = sending.sizeBytes;
    sending.recordingId = recordingId;
    this.#recordings.push(sending);
    if (checksum !== sending.checksum) {
      const message = `Recording ${recordingId} was answered with the checksum ${checksum}, sent was ${sending.checksum}.`;
      this.lose('differing-bytes', message, sending.sizeBytes);
    }
  }

  async imported(sending: Sending): Promise<void> {
    const { recordingId, checksum, recipe } = sending;
    await this.#write({ event: 'imported', recordingId, checksum, recipe });
    this.imports.push(sending);
    this.#recordings.push(sending);
  }

  /** Called before a title is sent: from then on it may be there, answered for or not. */
  wish(recordingId: string, title: string): void {
    const wishes = this.titles.get(recordingId) ?? { acknowledged: null, unanswered: [] };
    wishes.unanswered.push(title);
    this.titles.set(recordingId, wishes);
  }

  async amended(recordingId: string, title: string): Promise<void> {
    await this.#write({ event: 'amended', recordingId, title });
    this.titles.set(recordingId, { acknowledged: title, unanswered: [] });
    this.#amendmentCount++;
  }

  lose(kind: LossKind, message: string, bytes = 0): void {
    this.losses.push({ kind, message, bytes });
    // Best effort: the report tells it as well.
    this.#write({ event: 'loss', kind, message, bytes }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#syncing;
    await this.#file.close();
  }

  *#sendings(): Iterable<Sending> {
    yield* this.uploads.values();
    yield* this.imports;
  }

  #upload(id: string): Sending {
    const sending = this.uploads.get(id);
    if (!sending) throw new Error(`The upload ${id} was never begun.`);
    return sending;
  }

  /** Lines that wait together are synced together. */
  #write(entry: Readonly<Record<string, unknown>>): Promise<void> {
    this.#lines.push(JSON.stringify({ at: new Date().toISOString(), ...entry }));
    if (this.#lines.length > 1) return this.#next();
    const before = this.#syncing ?? Promise.resolve();
    this.#syncing = before.then(async () => {
      const lines = this.#lines.splice(0);
      await this.#file.appendFile(`${lines.join('\n')}\n`);
      await this.#file.datasync();
    });
    return this.#syncing;
  }

  #next(): Promise<void> {
    return this.#syncing ?? Promise.resolve();
  }
}

/** The bytes that were sent, made again. */
export function sentBytes({ recipe, sizeBytes }: Sending): Buffer {
  return makeAudio(recipe).subarray(0, sizeBytes);
}

export function newSending(kind: Sending['kind'], recipe: AudioRecipe, bytes: Buffer): Sending {
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { kind, recipe, sizeBytes: bytes.length, checksum, acknowledgedBytes: 0, recordingId: null };
}
