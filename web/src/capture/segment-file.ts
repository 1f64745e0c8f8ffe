import { openSyncHandle, type SyncAccessHandle } from './opfs-handle.ts';

/**
 * The bytes of one segment: in the browser's private file system as long as that works, and from the first failed
 * write on in memory, so that they can still reach the server.
 */
export class SegmentFile {
  #handle: SyncAccessHandle | null;
  #flushedBytes: number;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #failure: unknown;

  private constructor(handle: SyncAccessHandle | null, failure: unknown) {
    this.#handle = handle;
    this.#failure = failure;
    this.#flushedBytes = handle?.getSize() ?? 0;
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
    return this.#flushedBytes + this.#tailBytes;
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
        return;
      } catch (error) {
        this.#failure = error;
      }
    }
    this.#tail.push(bytes.slice());
    this.#tailBytes += bytes.length;
  }

  /** Bytes from `start` (inclusive) to `end` (exclusive), both within `sizeBytes`. */
  read(start: number, end: number): Uint8Array<ArrayBuffer> {
    const into = new Uint8Array(end - start);
    const onDisk = Math.max(0, Math.min(end, this.#flushedBytes) - start);
    if (onDisk > 0) {
      const got = this.#handle?.read(into.subarray(0, onDisk), { at: start }) ?? 0;
      if (got !== onDisk) throw new Error(`Only ${got} of ${onDisk} bytes of a local segment could be read.`);
    }
    let at = this.#flushedBytes;
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
