import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Shipment } from './copy-target.ts';

/** A part of a file. */
export interface FilePiece {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Reads a file from its beginning to its end, in pieces of one size, and knows at its end what it was. */
export class FilePieces {
  readonly #file: FileHandle;
  readonly #shipment: Shipment;
  readonly #hash = createHash('sha256');
  #position = 0;
  #number = 0;

  private constructor(file: FileHandle, shipment: Shipment) {
    this.#file = file;
    this.#shipment = shipment;
  }

  static async open(shipment: Shipment): Promise<FilePieces> {
    return new FilePieces(await open(shipment.path, 'r'), shipment);
  }

  /** The next `length` bytes, fewer at the end of the file; undefined behind it. `buffer` is written. */
  async next(buffer: Buffer<ArrayBuffer>): Promise<FilePiece | undefined> {
    const wanted = Math.min(buffer.length, this.#shipment.sizeBytes - this.#position);
    if (wanted <= 0) return undefined;
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.#file.read(buffer, filled, wanted - filled, this.#position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled < wanted) throw this.#differs(`only ${this.#position + filled} bytes`);
    const bytes = buffer.subarray(0, filled);
    this.#hash.update(bytes);
    this.#position += filled;
    this.#number += 1;
    return { number: this.#number, bytes };
  }

  /** To be called once, at the end. Throws `digest-mismatch` unless the bytes were those that are to be sent. */
  expectRight(): void {
    const found = this.#hash.digest('hex');
    if (found !== this.#shipment.checksum) throw this.#differs(found);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #differs(found: string): VoiceRecorderError {
    const { path, checksum, sizeBytes } = this.#shipment;
    return new VoiceRecorderError(
      'digest-mismatch',
      `${path} is not what was once kept, and was not sent: expected ${sizeBytes} bytes with SHA-256 ${checksum}, found ${found}.`,
    );
  }
}
