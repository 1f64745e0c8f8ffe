import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdtemp, open, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { openFileHasher } from './blobs/file-checksum.ts';
import { syncFolder } from './durable/folder.ts';
import { asWriteFailure } from './durable/write-failure.ts';
import type { RepairOptions } from './media/media.ts';
import { openMedia } from './media/open-media.ts';
import { VoiceRecorderError } from './model/failure.ts';
import { describeFaults, describeSilence, type RepairOutcome } from './model/repair.ts';

// How the work divides, roughly.
const SHARE_EXAMINED = 0.3;

/** What became of one file outside of a library. */
export interface FileRepair extends Pick<RepairOutcome, 'faults' | 'silenced' | 'message'> {
  readonly file: string;
  /** SHA-256 of it; it is left as it is. */
  readonly checksum: string;
  readonly outcome: 'sound' | 'repaired';
  /** The new file; null when there was nothing to repair. */
  readonly output: string | null;
  readonly outputChecksum: string | null;
}

/**
 * Puts the file at `path` right in the new file `outputPath`, which is on stable storage before this resolves. Rejects with
 * `invalid-input` when something is there already, with `file-missing`, `file-not-regular`, `file-unreadable`,
 * `repair-impossible`, `disk-full` or a code of an unreadable file; nothing is left of the new file then.
 */
export async function repairFile(
  path: string,
  outputPath: string,
  options: RepairOptions = {},
): Promise<FileRepair> {
  const output = resolve(outputPath);
  await requireFree(output);
  const media = openMedia();
  const hasher = openFileHasher({ workerCount: 1 });
  try {
    const { onProgress } = options;
    const codes = await media.findFaults(path, {
      ...options,
      ...(onProgress && { onProgress: (share) => onProgress(share * SHARE_EXAMINED) }),
    });
    const { checksum } = await hasher.hashFile(path, options.signal);
    const known = { file: path, checksum, faults: describeFaults(codes) };
    if (codes.length === 0) {
      const message = `${path} has no fault that is known here.`;
      return { ...known, outcome: 'sound', silenced: [], output: null, outputChecksum: null, message };
    }
    const folder = await mkdtemp(join(dirname(output), '.vrp-repair-')).catch((cause: unknown) => {
      throw unwritable(output, cause);
    });
    try {
      const made = join(folder, basename(output));
      const { silenced } = await media.repair(path, made, {
        ...options,
        ...(onProgress && {
          onProgress: (share) => onProgress(SHARE_EXAMINED + share * (1 - SHARE_EXAMINED)),
        }),
      });
      const { checksum: outputChecksum } = await hasher.hashFile(made, options.signal);
      await putInPlace(made, output).catch((error: unknown) => {
        throw asWriteFailure(error, output);
      });
      const what = known.faults.map(({ message }) => message).join(' ');
      const told = `${path}: ${what} ${output} is the repaired one, this one stays as it was.`;
      const message = told + describeSilence(silenced);
      return { ...known, outcome: 'repaired', silenced, output, outputChecksum, message };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await Promise.all([media.close(), hasher.close()]);
  }
}

/** Nothing is ever written over. */
async function putInPlace(made: string, output: string): Promise<void> {
  try {
    await link(made, output);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(output, error);
    // A file system without links, as of many memory cards.
    await copyFile(made, output, constants.COPYFILE_EXCL);
    const file = await open(output, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await syncFolder(dirname(output));
}

async function requireFree(output: string): Promise<void> {
  const there = await lstat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unwritable(output, error);
  });
  if (there) throw taken(output);
}

function unwritable(output: string, cause: unknown): VoiceRecorderError {
  const { code } = cause as NodeJS.ErrnoException;
  return new VoiceRecorderError('invalid-input', `${output} cannot be written (${code}).`, { cause });
}

function taken(output: string, cause?: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'invalid-input',
    `${output} is there already, and nothing is written over: name another file with --output.`,
    { cause },
  );
}
