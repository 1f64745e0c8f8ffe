import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { VoiceRecorderError } from '../model/failure.ts';
import type { FarDigest, FarKey, OnBytes } from './copy-target.ts';
import { isPassing, tryAgain } from './try-again.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Opens an object from `start` on, or rejects in our words. */
export type OpenFrom = (key: FarKey, start: number) => Promise<Readable>;

interface Reading {
  readonly key: FarKey;
  readonly openFrom: OpenFrom;
  /** In our words. */
  readonly asFailure: (error: unknown) => Error;
  readonly signal: AbortSignal;
  readonly onBytes: OnBytes;
}

/** Reads a whole object; a connection that is cut goes on where it was. */
export async function digestFar(reading: Reading): Promise<FarDigest> {
  const hash = createHash('sha256');
  const sizeBytes = await readOn(reading, 0, async (chunk) => {
    hash.update(chunk);
  });
  return { checksum: hash.digest('hex'), sizeBytes };
}

/** Reads a whole object into a file; what the file has already is not read again. */
export async function fetchFar(reading: Reading, path: string): Promise<FarDigest> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const file = await open(path, flags, 0o600).catch(diskFailure(path));
  try {
    const hash = createHash('sha256');
    let at = await readStart(file, (chunk) => hash.update(chunk));
    const sizeBytes = await readOn(reading, at, async (chunk) => {
      hash.update(chunk);
      await file.write(chunk, 0, chunk.length, at).catch(diskFailure(path));
      at += chunk.length;
    });
    await file.datasync().catch(diskFailure(path));
    return { checksum: hash.digest('hex'), sizeBytes };
  } finally {
    await file.close();
  }
}

/** Resolves to the size of the object. Each cut that comes after some progress has its own tries. */
async function readOn(
  { key, openFrom, asFailure, signal, onBytes }: Reading,
  start: number,
  take: (chunk: Buffer) => Promise<void>,
): Promise<number> {
  let at = start;
  onBytes(at);
  for (;;) {
    const startedAt = at;
    try {
      const stream = await tryAgain(() => openFrom(key, at), signal);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        await take(chunk);
        at += chunk.length;
        onBytes(at);
      }
      return at;
    } catch (error) {
      const failure = error instanceof VoiceRecorderError ? error : asFailure(error);
      if (signal.aborted || !isPassing(failure) || at === startedAt) throw failure;
    }
  }
}

async function readStart(file: FileHandle, take: (chunk: Buffer) => void): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return at;
    take(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function diskFailure(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    const code = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'disk-full' : 'storage-failed';
    throw new VoiceRecorderError(code, `${path} could not be written: ${error.message}.`, { cause: error });
  };
}
