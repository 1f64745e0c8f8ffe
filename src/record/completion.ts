import { open, stat } from 'node:fs/promises';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { SpooledFile, UploadReceipt } from '../model/upload.ts';
import { checksumRule } from '../validation/transfer-rules.ts';
import { asSpoolFailure, errnoOf } from './disk.ts';
import type { SpoolTools } from './spool-tools.ts';
import type { UploadLane } from './upload-lane.ts';

/**
 * Makes a recording of an upload whose bytes are all there. Calls at the same time share one run; after a success
 * all get the same receipt. After a refusal the bytes stay, and the next call tries again.
 */
export function completeUpload(
  tools: SpoolTools,
  lane: UploadLane,
  knownChecksum: string | null = null,
): Promise<UploadReceipt> {
  if (lane.completion !== null) return lane.completion;
  const completion = run(tools, lane, knownChecksum).catch(async (error: unknown) => {
    lane.completion = null;
    await rememberRefusal(tools, lane, error);
    throw error;
  });
  lane.completion = completion;
  return completion;
}

async function run(
  tools: SpoolTools,
  lane: UploadLane,
  knownChecksum: string | null,
): Promise<UploadReceipt> {
  const { id, offsetBytes: sizeBytes } = lane;
  const { wish, createdAt, adoption } = lane.info;
  if (sizeBytes === 0) {
    throw new VoiceRecorderError('audio-no-samples', `Upload ${id} was ended without a single byte.`);
  }
  const path = lane.paths.data;
  const [, checksum] = await Promise.all([
    tools.ahead.settleUpload(lane),
    knownChecksum ?? tools.digests.finish(id, path, sizeBytes),
  ]);
  checksumRule.check({
    what: `Upload ${id}`,
    expected: wish.checksum,
    found: checksum,
    advice: `Its ${sizeBytes} bytes are kept in the spool; send the file again as a new upload.`,
  });
  await cutToSize(path, sizeBytes);
  const supersedes = adoption?.recordingId ?? null;
  const spooled: SpooledFile = { id, path, sizeBytes, checksum, createdAt, wish, supersedes };
  const receipt = await tools.desk.complete(spooled);
  lane.receipt = receipt;
  return receipt;
}

/** Bytes behind the safe ones come from a chunk that did not count and could not be cut off at once. */
async function cutToSize(path: string, sizeBytes: number): Promise<void> {
  try {
    if ((await stat(path)).size <= sizeBytes) return;
    const file = await open(path, 'r+');
    try {
      await file.truncate(sizeBytes);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // An earlier placing, cut off after it had taken the file over: to be finished by whoever began it.
    if (errnoOf(error) === 'ENOENT') return;
    throw asSpoolFailure(error, `the end of ${path}`);
  }
}

/** A refusal that would be the same next time is written down, so that a restart does not try in vain. */
async function rememberRefusal(tools: SpoolTools, lane: UploadLane, error: unknown): Promise<void> {
  const code = failureCodeOf(error);
  if (!(error instanceof VoiceRecorderError) || code === undefined) return;
  if (error.isRetryable && code !== 'checksum-mismatch') return;
  const refusal = { code, message: error.message, sizeBytes: lane.offsetBytes };
  if (lane.info.refusal?.code === code && lane.info.refusal.sizeBytes === lane.offsetBytes) return;
  await lane.amendInfo({ refusal }).catch((cause: unknown) => {
    tools.log('warn', `The refusal of upload ${lane.id} could not be written down.`, { code, cause });
  });
}
