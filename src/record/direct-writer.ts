import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from './disk.ts';

/** Memory pages and the blocks of all usual disks. */
const BLOCK_BYTES = 4096;
const write = promisify(fs.write);

/**
 * Writes whole blocks of a file past the page cache: it takes half the time of the kernel, and what others keep in
 * memory stays there however long an import is. What does not fit (the end of a file), or what this file system or
 * disk does not take, is left to the caller.
 */
export class DirectWriter {
  #descriptor: number | null;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** `path` is there already. Undefined where the system or the file system knows of no such writing. */
  static open(path: string): DirectWriter | undefined {
    // Other systems than Linux have no such flag.
    const flag = fs.constants.O_DIRECT as number | undefined;
    if (flag === undefined) return undefined;
    try {
      return new DirectWriter(fs.openSync(path, fs.constants.O_WRONLY | flag));
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return undefined;
      throw error;
    }
  }

  /** Writes from the beginning of `piece` and returns how many bytes; perhaps none. */
  takeNow(piece: Uint8Array, position: number): number {
    const wanted = this.#fitting(piece, position);
    if (this.#descriptor === null || wanted === 0) return 0;
    try {
      return wholeBlocks(fs.writeSync(this.#descriptor, piece, 0, wanted, position));
    } catch (error) {
      return this.#refused(error);
    }
  }

  /** The same without blocking. */
  async take(piece: Uint8Array, position: number): Promise<number> {
    const wanted = this.#fitting(piece, position);
    if (this.#descriptor === null || wanted === 0) return 0;
    try {
      const { bytesWritten } = await write(this.#descriptor, piece, 0, wanted, position);
      return wholeBlocks(bytesWritten);
    } catch (error) {
      return this.#refused(error);
    }
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor !== null) fs.closeSync(descriptor);
  }

  #fitting(piece: Uint8Array, position: number): number {
    const isAligned = piece.byteOffset % BLOCK_BYTES === 0 && position % BLOCK_BYTES === 0;
    return isAligned ? wholeBlocks(piece.length) : 0;
  }

  /** Disks with larger blocks, and file systems that take the flag and not the writing. */
  #refused(error: unknown): number {
    if (errnoOf(error) !== 'EINVAL') throw error;
    this.close();
    return 0;
  }
}

function wholeBlocks(bytes: number): number {
  return bytes - (bytes % BLOCK_BYTES);
}
