import { createSHA256, type IHasher } from 'hash-wasm';
import { ChangeSignal } from '../../../../src/model/change-signal.ts';
import { type ByteClock, createByteClock } from '../encoding/byte-clock.ts';
import { fileKindOfName } from './audio-file.ts';
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
// An Ogg page (RFC 3533 section 6); frames of FLAC are shorter. A torn write leaves no more than one unfinished.
const LONGEST_PIECE_BYTES = 65_307;
const LONGEST_HEADER_BYTES = 1024;

/** One segment of a take: its bytes, their running SHA-256 and the seconds they hold. */
export class Segment implements SegmentSource {
  readonly #file: SegmentFile;
  readonly #hasher: IHasher;
  readonly #clock: ByteClock;
  /** Where a file of an earlier visit ends for everyone but the disk. */
  #endBytes: number | null = null;
  #sha256: string | null = null;
  readonly #change = new ChangeSignal();

  private constructor(file: SegmentFile, filename: string, hasher: IHasher) {
    this.#file = file;
    this.#clock = createByteClock(fileKindOfName(filename));
    this.#hasher = hasher;
  }

  /** A new segment under a name that no bytes lie under yet. */
  static async create(folder: FileSystemDirectoryHandle | null, filename: string): Promise<Segment> {
    const file = await SegmentFile.open(folder, filename, { create: true });
    return new Segment(file, filename, await createSHA256());
  }

  /** A segment of an earlier visit, to which nothing will be added; it ends with its last whole page or frame. */
  static async reopen(folder: FileSystemDirectoryHandle, filename: string): Promise<Segment> {
    const file = await SegmentFile.open(folder, filename, { create: false });
    const segment = new Segment(file, filename, await createSHA256());
    await segment.#readAll();
    segment.complete();
    return segment;
  }

  get sizeBytes(): number {
    return this.#endBytes ?? this.#file.sizeBytes;
  }

  get isComplete(): boolean {
    return this.#sha256 !== null;
  }

  get sha256(): string | null {
    return this.#sha256;
  }

  get hasAudio(): boolean {
    // What is complete and not understood may be audio all the same.
    return this.totalSeconds > 0 || (this.isComplete && this.sizeBytes > this.#clock.wholeBytes);
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
    this.#change.tell();
  }

  complete(): void {
    this.#sha256 ??= this.#hasher.digest('hex');
    this.#change.tell();
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
    return this.#change.changed();
  }

  close(): void {
    this.#file.close();
  }

  /** Counts first, then hashes: how much of the file counts is known at its end. */
  async #readAll(): Promise<void> {
    await this.#readEach(this.#file.sizeBytes, (bytes) => this.#clock.push(bytes));
    this.#endBytes = endOf(this.#file.sizeBytes, this.#clock.wholeBytes);
    await this.#readEach(this.#endBytes, (bytes) => this.#hasher.update(bytes));
  }

  async #readEach(endBytes: number, take: (bytes: Uint8Array) => void): Promise<void> {
    for (let at = 0; at < endBytes; at += READ_BYTES) {
      take(this.#file.read(at, Math.min(at + READ_BYTES, endBytes)));
      // A running take shares this worker: its blocks come between.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

/**
 * What a killed page left of its last write holds no sound that could be played, and players stumble over it. A longer
 * piece that is not understood is another matter: it goes to the server as it is.
 */
function endOf(sizeBytes: number, wholeBytes: number): number {
  const isTorn = sizeBytes - wholeBytes <= (wholeBytes === 0 ? LONGEST_HEADER_BYTES : LONGEST_PIECE_BYTES);
  return isTorn ? wholeBytes : sizeBytes;
}
