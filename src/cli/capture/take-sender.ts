import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../model/clock.ts';
import type { Sha256Hex } from '../../model/digest.ts';
import { failureCodeOf, VoiceRecorderError } from '../../model/failure.ts';
import type { RecordingId } from '../../model/id.ts';
import type { UploadMetadata } from '../../model/upload-metadata.ts';
import type { LocalTake } from './local-take.ts';
import type { TakeManifest } from './take-manifest.ts';
import type { TakeUploads } from './take-uploads.ts';

/** What a sender needs from outside. */
export interface SenderDesk {
  /** The library as it can be reached now; undefined when it cannot. */
  findUploads(isTakeComplete: boolean): Promise<TakeUploads | undefined>;
  /** What {@link findUploads} gave last did not work: it is asked again. */
  dropUploads(): Promise<void>;
  onAcknowledged(sizeBytes: number): void;
  /** `trouble` undefined: what stood in the way is gone. */
  onTrouble(trouble: VoiceRecorderError | undefined): void;
  /** The library has no room for the bytes of a take that is growing: what is left of it is for its end. */
  onDiskFull(trouble: VoiceRecorderError): void;
}

const PATCH_BYTES = 8 * 1024 * 1024;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
/** A take that has ended and gets nowhere for so long is left to the next run. */
const PATIENCE_MS = 120_000;

/**
 * Brings a take into the library while it grows and to its end, through every failure of the way. Resolves to the
 * recording's id, after its checksum was found to be the local one. Rejects with what the library refused for good,
 * or, once the take is complete, with what stood in the way for two minutes.
 */
export async function sendTake(take: LocalTake, desk: SenderDesk): Promise<RecordingId> {
  let offsetBytes: number | null = null;
  let failuresInRow = 0;
  let stuckSinceMs: number | undefined;

  const step = async (uploads: TakeUploads): Promise<RecordingId | undefined> => {
    const { uploadId } = take.manifest;
    if (uploadId === null) {
      await take.noteUpload(await uploads.create(metadataOf(take.manifest)));
      offsetBytes = 0;
      return undefined;
    }
    if (offsetBytes === null) {
      const stand = await uploads.head(uploadId);
      if (stand.receipt) return confirmed(take, stand.receipt);
      offsetBytes = stand.offsetBytes;
    }
    const { flushedBytes, isComplete } = take;
    const endBytes = Math.min(flushedBytes, offsetBytes + PATCH_BYTES);
    const isLast = isComplete && endBytes === flushedBytes;
    const next = take.changed();
    if (endBytes <= offsetBytes && !isLast) {
      if (!take.isComplete && take.flushedBytes === flushedBytes) await next;
      return undefined;
    }
    const bytes = await take.read(offsetBytes, Math.max(offsetBytes, endBytes));
    const stand = await uploads.append(uploadId, offsetBytes, bytes, isLast);
    offsetBytes = stand.offsetBytes;
    desk.onAcknowledged(offsetBytes);
    return stand.receipt ? confirmed(take, stand.receipt) : undefined;
  };

  const stumble = async (error: unknown): Promise<void> => {
    offsetBytes = null;
    const trouble = passing(error);
    if (trouble === undefined) throw error;
    if (isForgotten(trouble)) {
      await take.noteUpload(null);
      desk.onAcknowledged(0);
    }
    if (trouble.code === 'disk-full' && take.manifest.uploadId !== null && !take.isComplete)
      desk.onDiskFull(trouble);
    await desk.dropUploads();
    failuresInRow += 1;
    // The first time may be a matter of a moment.
    if (failuresInRow > 1) desk.onTrouble(trouble);
    if (take.isComplete) {
      stuckSinceMs ??= systemClock.monotonicMs();
      if (systemClock.monotonicMs() - stuckSinceMs > PATIENCE_MS) throw trouble;
    }
    const pause = sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failuresInRow));
    // Once the take has ended, other ways are open: that is not waited for.
    await (take.isComplete ? pause : Promise.race([pause, take.completed]));
  };

  for (;;) {
    if (take.flushedBytes === 0 && !take.isComplete) {
      await take.changed();
      continue;
    }
    try {
      const uploads = await desk.findUploads(take.isComplete);
      if (uploads === undefined) throw notReachable();
      const id = await step(uploads);
      if (failuresInRow > 0) desk.onTrouble(undefined);
      failuresInRow = 0;
      stuckSinceMs = undefined;
      if (id !== undefined) return id;
    } catch (error) {
      await stumble(error);
    }
  }
}

function metadataOf(manifest: TakeManifest): UploadMetadata {
  const ending = manifest.soundFile.split('.').at(-1) ?? '';
  return {
    kind: 'take',
    filename: `${manifest.title}.${ending}`,
    title: manifest.title,
    tags: manifest.tags,
    takeId: manifest.takeId,
    segment: manifest.segment,
    ...(manifest.gapBefore && { gapBefore: manifest.gapBefore }),
    recordedAt: manifest.startedAt,
    recordedAtZone: manifest.zone,
    preset: manifest.preset,
  };
}

function confirmed(
  take: LocalTake,
  receipt: { readonly recordingId: RecordingId; readonly checksum: Sha256Hex },
): RecordingId {
  if (receipt.checksum === take.checksum) return receipt.recordingId;
  throw new VoiceRecorderError(
    'digest-mismatch',
    `The take did not arrive as it was captured: expected SHA-256 ${take.checksum}, the library has ` +
      `${receipt.checksum}. The captured one stays in ${take.folder}.`,
  );
}

/** What may be over in a moment. */
function passing(error: unknown): VoiceRecorderError | undefined {
  if (!(error instanceof VoiceRecorderError)) return undefined;
  const mayPass =
    error.isRetryable ||
    isForgotten(error) ||
    // A token that was renewed is read again with the next attempt.
    error.code === 'access-denied' ||
    error.code === 'upload-offset-conflict';
  return mayPass ? error : undefined;
}

function isForgotten(error: VoiceRecorderError): boolean {
  const code = failureCodeOf(error);
  return code === 'upload-unknown' || code === 'upload-gone';
}

function notReachable(): VoiceRecorderError {
  return new VoiceRecorderError(
    'server-unreachable',
    'No server has the library open at the moment; the take goes on, on the local disk.',
  );
}
