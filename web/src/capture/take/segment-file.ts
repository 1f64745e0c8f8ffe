import { openSyncHandle, type SyncAccessHandle } from './opfs-handle.ts';

/**
 * The bytes of one segment: in the browser's private file system as long as that works, and from the first failed
 * write on in memory, so that they can still reach the server. Memory lets go of what the server has.
 */
export class SegmentFile {
  #handle: SyncAccessHandle | null;
  #flushedBytes: number;
  #tail: Uint8Array<ArrayBuffer>[] = [];
  /** Where in the segment the kept tail begins. */
  #tailStart: number;
  #tailBytes = 0;
  #failure: unknown;

  private constructor(handle: SyncAccessHandle | null, failure: unknown) {
    this.#handle = handle;
    this.#failure = failure;
    this.#flushedBytes = handle?.getSize() ?? 0;
    this.#tailStart = this.#flushedBytes;
  }

  /** Never rejects when `create` is true: without a file the bytes stay in memory, and `failure` says why. */
  static async open(
    folder: FileSystemDirectoryHandle | null,
    name: string,
    options: { create: boolean },
  ): Promise<SegmentFile> {
    try {
      if (!folder) throw new Error('This browser gave no private folder for the take.');
      return new SegmentFile(await openSyncHandle(folder, name, options), null);
    } catch (error) {
      if (!options.create) throw error;
      return new SegmentFile(null, error);
    }
  }

  /** Bytes that survive the end of this page. */
  get flushedBytes(): number {
    return this.#flushedBytes;
  }

  get sizeBytes(): number {
    return this.#tailStart + this.#tailBytes;
  }

  /** Bytes that only this page's memory holds. */
  get memoryBytes(): number {
    return this.#tailBytes;
  }

  /** The bytes in memory that follow those on disk; null when some between them were let go. */
  get tail(): readonly Uint8Array<ArrayBuffer>[] | null {
    return this.#tailStart === this.#flushedBytes ? this.#tail : null;
  }

  /** Whether every byte from `start` on is still here, on disk or in memory. */
  hasAllFrom(start: number): boolean {
    return start >= this.#tailStart || this.#tailStart === this.#flushedBytes;
  }

  /** What ended the writing to disk; null while it works. */
  get failure(): unknown {
    return this.#failure;
  }

  append(bytes: Uint8Array): void {
    if (this.#handle && !this.#failure) {
      try {
        const written = this.#handle.write(bytes, { at: this.#flushedBytes });
        if (written !== bytes.length)
          throw new Error(`Only ${written} of ${bytes.length} bytes were written.`);
        this.#handle.flush();
        this.#flushedBytes += bytes.length;
        this.#tailStart = this.#flushedBytes;
        return;
      } catch (error) {
        this.#failure = error;
      }
    }
    this.#tail.push(bytes.slice());
    this.#tailBytes += bytes.length;
  }

  /** The server has everything before `sizeBytes` on stable storage: memory need not hold it any longer. */
  release(sizeBytes: number): void {
    let count = 0;
    let bytes = 0;
    for (const part of this.#tail) {
      if (this.#tailStart + bytes + part.length > sizeBytes) break;
      bytes += part.length;
      count++;
    }
    this.#tail = count > 0 ? this.#tail.slice(count) : this.#tail;
    this.#tailStart += bytes;
    this.#tailBytes -= bytes;
  }

  /** Bytes from `start` (inclusive) to `end` (exclusive), within `sizeBytes`. Throws for those that were let go. */
  read(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (!this.hasAllFrom(Math.max(start, this.#flushedBytes)) && end > this.#flushedBytes) {
      throw new Error(`Bytes from ${start} on were let go: the server had them.`);
    }
    const into = new Uint8Array(end - start);
    const onDisk = Math.max(0, Math.min(end, this.#flushedBytes) - start);
    if (onDisk > 0) {
      const got = this.#handle?.read(into.subarray(0, onDisk), { at: start }) ?? 0;
      if (got !== onDisk) throw new Error(`Only ${got} of ${onDisk} bytes of a local segment could be read.`);
    }
    let at = this.#tailStart;
    for (const part of this.#tail) {
      const from = Math.max(start, at);
      const to = Math.min(end, at + part.length);
      if (from < to) into.set(part.subarray(from - at, to - at), from - start);
      at += part.length;
    }
    return into;
  }

  close(): void {
    this.#handle?.close();
    this.#handle = null;
  }
}
