import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { VoiceRecorderError } from '../model/failure.ts';

const BUFFER_BYTES = 1024 * 1024;

/** A file that is written from its beginning to its end through one buffer, whatever its length. */
export class NewFile {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  #isClosed = false;

  /** Creates `path`, which must not exist yet. */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  }

  get sizeBytes(): number {
    return this.#written + this.#buffered;
  }

  write(bytes: Uint8Array): void {
    let taken = 0;
    while (taken < bytes.byteLength) {
      const part = bytes.subarray(taken, taken + BUFFER_BYTES - this.#buffered);
      this.#buffer.set(part, this.#buffered);
      this.#buffered += part.byteLength;
      taken += part.byteLength;
      if (this.#buffered === BUFFER_BYTES) this.#flush();
    }
  }

  /** Writes over what stands at `position`: header fields that are known only at the end. */
  patch(position: number, bytes: Uint8Array): void {
    this.#flush();
    writeWhole(this.#descriptor, bytes, position);
  }

  /** Waits until the file is on stable storage. */
  finish(): void {
    this.#flush();
    fsyncSync(this.#descriptor);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #flush(): void {
    writeWhole(this.#descriptor, this.#buffer.subarray(0, this.#buffered), this.#written);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array, position: number): void {
  try {
    let done = 0;
    while (done < bytes.byteLength) {
      done += writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done);
    }
  } catch (cause) {
    const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new VoiceRecorderError(
      isFull ? 'disk-full' : 'media-failed',
      `The joined file could not be written: ${(cause as Error).message}.`,
      { cause },
    );
  }
}
