import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { giveBackBuffer, lendAlignedBuffer } from '../durable/aligned-buffer.ts';
import type { FarDigest, OnBytes } from './copy-target.ts';

const READ_BYTES = 1024 * 1024;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/**
 * Reads a file from the disk itself where the system can, past what it keeps in memory: what was just written is
 * otherwise read from there, whatever the disk made of it.
 */
export async function digestFromDisk(
  path: string,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<FarDigest> {
  const file = await openDirectly(path);
  try {
    return await digestOf(file.handle, onBytes, signal);
  } catch (error) {
    // Some file systems take the flag and refuse the reading.
    if (!file.isDirect || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await file.handle.close();
  }
  const plain = await open(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    return await digestOf(plain, onBytes, signal);
  } finally {
    await plain.close();
  }
}

async function openDirectly(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly isDirect: boolean }> {
  // Other systems than Linux have no such flag.
  const direct = (constants.O_DIRECT as number | undefined) ?? 0;
  const flags = constants.O_RDONLY | NO_FOLLOW;
  if (direct !== 0) {
    try {
      return { handle: await open(path, flags | direct), isDirect: true };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    }
  }
  return { handle: await open(path, flags), isDirect: false };
}

async function digestOf(handle: FileHandle, onBytes: OnBytes, signal: AbortSignal): Promise<FarDigest> {
  const hash = createHash('sha256');
  const buffer = lendAlignedBuffer(READ_BYTES);
  try {
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return { checksum: hash.digest('hex'), sizeBytes: at };
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
      onBytes(at);
    }
  } finally {
    giveBackBuffer(buffer);
  }
}
