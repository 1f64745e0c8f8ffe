import { readSync } from 'node:fs';

/** Random access to an open file, with one small window in memory. */
export class ByteReader {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  readonly #window: Buffer;
  #windowStart = 0;
  #windowLength = 0;

  constructor(descriptor: number, sizeBytes: number, windowBytes = 65_536) {
    this.#descriptor = descriptor;
    this.sizeBytes = sizeBytes;
    this.#window = Buffer.allocUnsafe(windowBytes);
  }

  /** Bytes from `position` on, fewer at the end of the file; valid only until the next call. */
  view(position: number, length: number): Buffer {
    const wanted = Math.min(length, this.#window.length, Math.max(0, this.sizeBytes - position));
    if (position < this.#windowStart || position + wanted > this.#windowStart + this.#windowLength) {
      this.#windowStart = position;
      this.#windowLength = readFully(this.#descriptor, this.#window, position);
    }
    const start = position - this.#windowStart;
    return this.#window.subarray(start, Math.min(start + wanted, this.#windowLength));
  }

  /** A copy of at most `length` bytes from `position` on. */
  copy(position: number, length: number): Buffer {
    const wanted = Math.min(length, Math.max(0, this.sizeBytes - position));
    const start = position - this.#windowStart;
    if (start >= 0 && start + wanted <= this.#windowLength) {
      return Buffer.from(this.#window.subarray(start, start + wanted));
    }
    const bytes = Buffer.allocUnsafe(wanted);
    return bytes.subarray(0, readFully(this.#descriptor, bytes, position));
  }
}

/** Reads until `target` is full or the file ends. */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < target.byteLength) {
    const count = readSync(descriptor, target, filled, target.byteLength - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
