import { createSHA256, type IHasher } from 'hash-wasm';
import { type ByteClock, createOggClock } from './byte-clock.ts';
import { SegmentFile } from './segment-file.ts';

/** What an upload needs of a segment, whether it still grows or lies complete from an earlier visit. */
export interface SegmentSource {
  readonly sizeBytes: number;
  readonly isComplete: boolean;
  /** Of all bytes; null until complete. */
  readonly sha256: string | null;
  /** True once there is audio, not only headers. */
  readonly hasAudio: boolean;
  /** Whether every byte from `start` on is still here: memory lets go of what the server has. */
  hasAllFrom(start: number): boolean;
  read(start: number, end: number): Uint8Array<ArrayBuffer>;
  /** Resolves at the next append or completion. */
  changed(): Promise<void>;
}

const READ_BYTES = 1024 * 1024;

/** One segment of a take: its bytes, their running SHA-256 and the seconds they hold. */
export class Segment implements SegmentSource {
  readonly #file: SegmentFile;
  readonly #hasher: IHasher;
  readonly #clock: ByteClock = createOggClock();
  #sha256: string | null = null;
  #wake: () => void = () => {};
  #change: Promise<void>;

  private constructor(file: SegmentFile, hasher: IHasher) {
    this.#file = file;
    this.#hasher = hasher;
    this.#change = this.#nextChange();
  }

  /** A new segment under a name that no bytes lie under yet. */
  static async create(folder: FileSystemDirectoryHandle | null, filename: string): Promise<Segment> {
    const file = await SegmentFile.open(folder, filename, { create: true });
    return new Segment(file, await createSHA256());
  }

  /** A segment of an earlier visit: every byte on disk counts, and none will be added. */
  static async reopen(folder: FileSystemDirectoryHandle, filename: string): Promise<Segment> {
    const file = await SegmentFile.open(folder, filename, { create: false });
    const segment = new Segment(file, await createSHA256());
    await segment.#readAll();
    segment.complete();
    return segment;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  get isComplete(): boolean {
    return this.#sha256 !== null;
  }

  get sha256(): string | null {
    return this.#sha256;
  }

  get hasAudio(): boolean {
    return this.totalSeconds > 0;
  }

  get totalSeconds(): number {
    return this.#clock.secondsAt(this.#file.sizeBytes);
  }

  /** Seconds whose bytes are flushed to this browser's storage. */
  get capturedSeconds(): number {
    return this.#clock.secondsAt(this.#file.flushedBytes);
  }

  /** Bytes that only this page's memory holds. */
  get memoryBytes(): number {
    return this.#file.memoryBytes;
  }

  /** What follows the bytes on disk; null when some of it was let go. */
  get memoryTail(): readonly Uint8Array<ArrayBuffer>[] | null {
    return this.#file.tail;
  }

  get storageFailure(): unknown {
    return this.#file.failure;
  }

  secondsAt(sizeBytes: number): number {
    return this.#clock.secondsAt(sizeBytes);
  }

  append(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.#clock.push(bytes);
    this.#file.append(bytes);
    this.#changed();
  }

  complete(): void {
    this.#sha256 ??= this.#hasher.digest('hex');
    this.#changed();
  }

  hasAllFrom(start: number): boolean {
    return this.#file.hasAllFrom(start);
  }

  /** The server has everything before `sizeBytes`. */
  release(sizeBytes: number): void {
    this.#file.release(sizeBytes);
  }

  read(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#file.read(start, end);
  }

  changed(): Promise<void> {
    return this.#change;
  }

  close(): void {
    this.#file.close();
  }

  async #readAll(): Promise<void> {
    for (let at = 0; at < this.#file.sizeBytes; at += READ_BYTES) {
      const bytes = this.#file.read(at, Math.min(at + READ_BYTES, this.#file.sizeBytes));
      this.#hasher.update(bytes);
      this.#clock.push(bytes);
      // A running take shares this worker: its blocks come between.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  #changed(): void {
    this.#wake();
    this.#change = this.#nextChange();
  }

  #nextChange(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
