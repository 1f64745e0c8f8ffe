import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileChecksum } from './file-checksum.ts';

/** So few bytes are hashed in less time than it takes to tell another thread of them. */
export const SHORT_BYTES = 64 * 1024;

/**
 * SHA-256 of a file of at most {@link SHORT_BYTES}, read without a thread of its own. `longer` when it has more bytes,
 * `no-file` when it is no regular file; a symbolic link is not followed. Rejects with the system's error.
 */
export async function checksumOfShortFile(
  path: string | Buffer,
): Promise<FileChecksum | 'longer' | 'no-file'> {
  // O_NONBLOCK: a pipe that was put in a file's place is not waited for.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags);
  try {
    const found = await file.stat();
    if (!found.isFile()) return 'no-file';
    if (found.size > SHORT_BYTES) return 'longer';
    const buffer = Buffer.allocUnsafe(found.size + 1);
    let sizeBytes = 0;
    for (let isAtEnd = false; !isAtEnd && sizeBytes < buffer.length; ) {
      const { bytesRead } = await file.read(buffer, sizeBytes, buffer.length - sizeBytes, sizeBytes);
      sizeBytes += bytesRead;
      isAtEnd = bytesRead === 0;
    }
    // It grows: whoever reads on to the end finds out how far.
    if (sizeBytes > found.size) return 'longer';
    return {
      checksum: createHash('sha256').update(buffer.subarray(0, sizeBytes)).digest('hex'),
      sizeBytes,
    };
  } finally {
    await file.close();
  }
}
