import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { VoiceRecorderError } from '../model/failure.ts';

export interface CopyRequest {
  /** Open descriptors, owned by who asked. All threads of a process share them. */
  readonly source: number;
  readonly target: number;
  /** Copies so many bytes; null: until the end of the source. */
  readonly lengthBytes: number | null;
  /** Becomes 1 when nobody wants the copy any more. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

export interface CopyResult {
  readonly sizeBytes: number;
  readonly checksum: string;
}

/** Large enough that the hand-over between the two threads is rare, also on a machine with other work. */
const BUFFER_BYTES = 4 * 1024 * 1024;
const PROGRESS_BYTES = 8 * 1024 * 1024;
const write = promisify(fs.write);

/**
 * Copies and hashes the very same bytes. While one buffer is being written by a thread of libuv, the other is read
 * into and hashed here, so that hashing and writing take two cores. Runs in a worker thread.
 */
export async function copyBytes(
  request: CopyRequest,
  onProgress: (bytesDone: number) => void,
): Promise<CopyResult> {
  const { source, target, stop } = request;
  const endBytes = request.lengthBytes ?? Number.POSITIVE_INFINITY;
  const hash = createHash('sha256');
  const buffers = [Buffer.allocUnsafe(BUFFER_BYTES), Buffer.allocUnsafe(BUFFER_BYTES)] as const;
  let writing: Promise<void> | null = null;
  let sizeBytes = 0;
  let toldBytes = 0;
  try {
    for (let turn: 0 | 1 = 0; sizeBytes < endBytes; turn = turn === 0 ? 1 : 0) {
      if (Atomics.load(stop, 0) !== 0)
        throw new VoiceRecorderError('interrupted', 'The copy was called off.');
      const count = fs.readSync(
        source,
        buffers[turn],
        0,
        Math.min(BUFFER_BYTES, endBytes - sizeBytes),
        sizeBytes,
      );
      if (count === 0) break;
      const piece = buffers[turn].subarray(0, count);
      hash.update(piece);
      if (writing !== null) await writing;
      writing = writeWhole(target, piece, sizeBytes);
      // Looked at again only after the next piece was hashed; a failure must not count as unheard until then.
      writing.catch(() => undefined);
      sizeBytes += count;
      if (sizeBytes - toldBytes >= PROGRESS_BYTES) {
        toldBytes = sizeBytes;
        onProgress(sizeBytes);
      }
    }
  } finally {
    // The caller closes the descriptors, so no write may be under way after this.
    if (writing !== null) await writing.catch(() => undefined);
  }
  if (writing !== null) await writing;
  return { sizeBytes, checksum: hash.digest('hex') };
}

async function writeWhole(target: number, piece: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < piece.length) {
    const { bytesWritten } = await write(target, piece, done, piece.length - done, position + done);
    done += bytesWritten;
  }
}
