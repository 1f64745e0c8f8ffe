import { lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { UploadReceipt } from '../model/upload.ts';
import { readBackRule } from '../validation/stored-rules.ts';
import type { AdmittedFile } from './admit.ts';
import type { ImportDesk } from './ingest-desk.ts';

/**
 * Removes the source of a move, after its stored copy was read back and is right, and only while it is the very file
 * that was read. Rejects with `digest-mismatch` or `file-changed-while-reading`; the source is then left alone.
 */
export async function removeMovedSource(
  desk: ImportDesk,
  source: AdmittedFile,
  receipt: UploadReceipt,
): Promise<void> {
  const recording = await readBack(desk, source.path, receipt);
  const now = await lstat(source.path, { bigint: true }).catch((error: unknown) => {
    throw changed(source.path, error);
  });
  const { dev, ino, size, mtimeNs } = source.identity;
  if (now.dev !== dev || now.ino !== ino || now.size !== size || now.mtimeNs !== mtimeNs) {
    throw changed(source.path);
  }
  // Two paths of one file (a bind mount, a hard link): removing this one might remove the only copy.
  const stored = await lstat(desk.localPath(recording.storedFilename), { bigint: true });
  if (stored.dev === dev && stored.ino === ino) {
    throw new VoiceRecorderError(
      'invalid-input',
      `${source.path} was left where it is: it is the stored file itself under another path.`,
    );
  }
  try {
    await unlink(source.path);
    await syncFolder(dirname(source.path));
  } catch (error) {
    throw new VoiceRecorderError(
      'storage-failed',
      `${source.path} is stored, but could not be removed from where it came: ${String(error)}.`,
      { cause: error },
    );
  }
}

/** The recording, whose stored bytes were read again and are those of the receipt. Rejects with `digest-mismatch`. */
export async function readBack(
  desk: Pick<ImportDesk, 'recordings' | 'blobs'>,
  path: string,
  receipt: UploadReceipt,
): Promise<Recording> {
  const recording = await desk.recordings.find(receipt.recordingId);
  if (recording?.status !== 'active') {
    throw new VoiceRecorderError(
      'digest-mismatch',
      `${path} was left where it is: recording ${receipt.recordingId} is ${recording?.status ?? 'gone'} now.`,
    );
  }
  await readBackRule.check({
    path,
    expected: receipt.checksum,
    readStored: async () => (await desk.blobs.checksum(recording.storedFilename)).checksum,
  });
  return recording;
}

/** Also said of a symbolic link: what it points at was read, and removing the link would move nothing. */
function changed(path: string, cause?: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'file-changed-while-reading',
    `${path} was left where it is: it is not the same file any more as the one that was stored.`,
    { cause },
  );
}
