import { type BigIntStats, constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportDesk } from './ingest-desk.ts';

/** A file that may come in, as it was when it was looked at. */
export interface AdmittedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Date of last change, ISO 8601 UTC. */
  readonly changedAt: string;
  /** What must be unchanged for the source to be removed after a move. */
  readonly identity: BigIntStats;
}

/**
 * Looks at a file before a byte of it is read: a regular file, readable, not empty, not too large, and with room.
 * Rejects with `file-missing`, `file-not-regular`, `file-unreadable`, `audio-no-samples`, `file-too-large`,
 * `disk-full`, or `invalid-input` when a file of the store itself is to be moved away.
 */
export async function admit(
  desk: Pick<ImportDesk, 'dataDir' | 'maxFileBytes' | 'usableBytes'>,
  path: string,
  wish: { readonly isMove: boolean; readonly needsRoom: boolean },
): Promise<AdmittedFile> {
  const identity = await lookAt(path);
  const sizeBytes = Number(identity.size);
  if (sizeBytes === 0) {
    throw new VoiceRecorderError('audio-no-samples', `${path} is empty: expected a file with audio in it.`);
  }
  requireAllowedSize(desk.maxFileBytes, path, sizeBytes);
  if (wish.isMove) await requireOutside(desk.dataDir, path);
  if (wish.needsRoom) await requireRoom(await desk.usableBytes(), path, sizeBytes);
  return { path, sizeBytes, changedAt: toIsoUtc(Number(identity.mtimeMs)), identity };
}

/** Links are followed: a linked file is what its owner put there. Pipes and devices are not even opened. */
async function lookAt(path: string): Promise<BigIntStats> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) {
      const what = found.isDirectory() ? 'a folder' : 'a pipe, socket or device';
      throw new VoiceRecorderError('file-not-regular', `${path} is ${what}: expected a regular file.`);
    }
    await access(path, constants.R_OK);
    return found;
  } catch (error) {
    if (error instanceof VoiceRecorderError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE') {
      throw new VoiceRecorderError('file-missing', `There is no file ${path}.`, { cause: error });
    }
    throw new VoiceRecorderError(
      'file-unreadable',
      `${path} cannot be read (${code}): expected a file that you may read.`,
      { cause: error },
    );
  }
}

function requireAllowedSize(maxFileBytes: number | null, path: string, sizeBytes: number): void {
  if (maxFileBytes === null || sizeBytes <= maxFileBytes) return;
  throw new VoiceRecorderError(
    'file-too-large',
    `${path} has ${sizeBytes} bytes; this store takes files of at most ${maxFileBytes} (VRP_MAX_FILE_MB).`,
    { details: { sizeBytes, maxFileBytes } },
  );
}

async function requireRoom(usableBytes: number, path: string, sizeBytes: number): Promise<void> {
  if (sizeBytes <= usableBytes) return;
  throw new VoiceRecorderError(
    'disk-full',
    `${path} needs ${sizeBytes} bytes, but only ${Math.max(0, usableBytes)} are free for recordings.`,
    { details: { sizeBytes, usableBytes } },
  );
}

/** The source of a move is removed: a file of the store would be found to be its own copy, and be lost. */
async function requireOutside(dataDir: string, path: string): Promise<void> {
  const [file, store] = await Promise.all([realpath(path), realpath(dataDir)]);
  if (!file.startsWith(store.endsWith(sep) ? store : store + sep)) return;
  throw new VoiceRecorderError(
    'invalid-input',
    `${path} lies inside the store ${dataDir} and cannot be moved into it; import it without --move.`,
  );
}
