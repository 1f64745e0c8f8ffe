import { type FileHandle, open, rm } from 'node:fs/promises';

const LARGE_BYTES = 4 * 1024 * 1024;

/** Takes all the room that is left, and gives it back. */
export class DiskFiller {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes until not one byte fits any more. Resolves to how many it wrote. */
  async fill(): Promise<number> {
    this.#file ??= await open(this.#path, 'a', 0o600);
    let written = 0;
    for (let pieceBytes = LARGE_BYTES; pieceBytes >= 1; ) {
      try {
        const { bytesWritten } = await this.#file.write(Buffer.alloc(pieceBytes, 0x5a));
        written += bytesWritten;
        if (bytesWritten < pieceBytes) pieceBytes = Math.floor(pieceBytes / 2);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        pieceBytes = Math.floor(pieceBytes / 2);
      }
    }
    // Some file systems promise room they find missing only here.
    await this.#file.datasync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error;
    });
    return written;
  }

  async free(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await rm(this.#path, { force: true });
  }
}
