import { toIsoUtc } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey, sidecarText } from '../model/sidecar.ts';
import type { UploadReceipt } from '../model/upload.ts';
import type { IngestDesk } from './ingest-desk.ts';

/**
 * Steps 3 to 5 of placing, for a recording that is claimed: sidecar, audio, activation. The audio's appearance is the
 * commit; each step may be the last before a crash, and doing all of them again is harmless.
 * `beforeActive` runs when the bytes are safe and the recording is about to show.
 */
export async function placeAndActivate(
  desk: IngestDesk,
  claimed: Recording,
  sourcePath: string,
  beforeActive: () => Promise<void> = async () => {},
): Promise<UploadReceipt> {
  const recording: Recording = { ...claimed, status: 'active' };
  try {
    const { storedFilename } = recording;
    const sidecar = { key: sidecarKey(storedFilename), content: sidecarText(recording) };
    await desk.blobs.place(storedFilename, sourcePath, expectedOf(recording), sidecar);
  } catch (error) {
    await giveUpClaim(desk, recording);
    throw error;
  }
  await beforeActive();
  const receipt = receiptFor(desk, recording.id, recording, false);
  const added = await desk.recordings.activate(recording, receipt, { hasSidecar: true });
  desk.onAdded?.(added);
  return receipt;
}

export function expectedOf({ checksum, filesizeBytes }: Recording) {
  return { checksum, sizeBytes: filesizeBytes };
}

export function receiptFor(
  desk: IngestDesk,
  uploadId: string,
  { id, checksum, filesizeBytes }: Recording,
  isDuplicate: boolean,
): UploadReceipt {
  const completedAt = toIsoUtc(desk.clock.nowMs());
  return { uploadId, recordingId: id, checksum, sizeBytes: filesizeBytes, isDuplicate, completedAt };
}

/** Tells the house of a full disk, then lets the failure go on. */
export async function reportDiskFull(desk: IngestDesk, error: unknown): Promise<void> {
  if (failureCodeOf(error) === 'disk-full') await desk.onDiskFull?.();
}

/**
 * Frees the claim of bytes that did not reach their place, so that they can be tried again at once. If they may have
 * reached it, or this fails too, the claim stays and is settled by `recoverPlacing()`.
 */
async function giveUpClaim(desk: IngestDesk, recording: Recording): Promise<void> {
  try {
    if ((await desk.blobs.stat(recording.storedFilename)) !== undefined) return;
    await desk.blobs.removeDocument(sidecarKey(recording.storedFilename));
    await desk.recordings.abandonClaim(recording.id);
  } catch (error) {
    desk.log?.('warn', `The claim of recording ${recording.id} stays until the next start.`, { error });
  }
}
