import * as fs from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';

/** The two acts on which every acknowledgement rests; an argument, so that tests can let them fail. */
export interface Disk {
  /** Writes all `pieces`, one after the other, from `position` on. */
  write(descriptor: number, pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** Resolves when the bytes written before the call, and the file's size, would survive a power cut. */
  sync(descriptor: number): Promise<void>;
}

export const systemDisk: Disk = {
  write: writeAll,
  sync: (descriptor) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
    }),
};

async function writeAll(descriptor: number, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let rest = pieces;
  let at = position;
  while (rest.length > 0) {
    const written = await writeOnce(descriptor, rest, at);
    at += written;
    rest = withoutFirst(rest, written);
  }
}

function writeOnce(descriptor: number, pieces: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(descriptor, pieces as Uint8Array[], position, (error, written) => {
      if (error !== null) reject(error);
      else resolve(written);
    });
  });
}

function withoutFirst(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  let index = 0;
  for (; index < pieces.length; index++) {
    const length = pieces[index]?.length ?? 0;
    if (length > skip) break;
    skip -= length;
  }
  const first = pieces[index];
  if (first === undefined) return [];
  return skip === 0 ? pieces.slice(index) : [first.subarray(skip), ...pieces.slice(index + 1)];
}

/** Writes a small file so that the old or the new content is there after a crash, never a mixture. */
export async function writeDocumentDurably(folder: string, name: string, content: string): Promise<void> {
  const temporary = join(folder, `${name}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name));
  await syncFolder(folder);
}

/** Removes a folder and what is in it; one that is not there is no failure. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function isDiskFull(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOSPC' || errno === 'EDQUOT' || failureCodeOf(error) === 'disk-full';
}

/** Says in our words what the operating system refused; errors that already speak pass through. */
export function asSpoolFailure(error: unknown, doing: string): VoiceRecorderError {
  if (error instanceof VoiceRecorderError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return isDiskFull(error)
    ? new VoiceRecorderError('disk-full', `There is no space left on the disk for ${doing}.`, {
        cause: error,
      })
    : new VoiceRecorderError('storage-failed', `The disk refused ${doing}: ${reason}.`, { cause: error });
}
