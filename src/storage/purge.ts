import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import { type Burial, tombstoneKey, tombstoneText } from '../model/tombstone.ts';
import type { PurgeOptions, PurgeOutcome } from '../stored-files.ts';

/** What purging needs from the outside world. */
export interface PurgeDesk {
  readonly tombstones: {
    bury(
      id: RecordingId,
      options?: PurgeOptions,
    ): Promise<{ readonly recording: Recording; readonly burial: Burial }>;
    listUnfinished(): Promise<readonly Burial[]>;
    finish(id: RecordingId): Promise<void>;
  };
  readonly blobs: {
    putDocument(key: string, content: string): Promise<void>;
    removeDocument(key: string): Promise<void>;
    remove(key: string): Promise<number>;
    quarantinedOf(key: string, id: string): Promise<readonly string[]>;
  };
  /** Waits until nobody else works on the recording, as placing and healing do. */
  inTurn<T>(id: RecordingId, work: () => Promise<T>): Promise<T>;
  /** Waits until no writing of its sidecar is under way. */
  settleSidecar(id: RecordingId): Promise<void>;
  /** Removes what was derived from it, and from the take it belongs to; resolves to the bytes freed. */
  removeDerived(id: RecordingId, takeId: string | null): Promise<number>;
  /** Called when the catalogue met a full disk: the time to free the reserve. */
  onDiskFull(): Promise<void>;
  /** Told of each recording that is gone. */
  onPurged(id: RecordingId): void;
  log(level: 'info' | 'error', message: string, details: Readonly<Record<string, unknown>>): void;
}

/**
 * Removes a recording for good, by a person's word. First the catalogue forgets it and keeps a tombstone, which is the
 * commit; then the tombstone is written into the store, and original, sidecar and derived files go. A crash after the
 * commit is made good at the next start. Rejects with `recording-unknown`, `version-conflict`, or, when a file could
 * not be removed, with `storage-failed`; then the recording is gone all the same, and the file is tried again.
 */
export function purgeRecording(
  desk: PurgeDesk,
  id: RecordingId,
  options: PurgeOptions = {},
): Promise<PurgeOutcome> {
  return desk.inTurn(id, async () => {
    const bury = () => desk.tombstones.bury(id, options);
    const { recording, burial } = await bury().catch(async (error: unknown) => {
      if (failureCodeOf(error) !== 'disk-full') throw error;
      // Purging is how a full disk is emptied, so it must work on one.
      await desk.onDiskFull();
      return await bury();
    });
    desk.onPurged(id);
    desk.log('info', `Recording ${id} was purged.`, { id, checksum: burial.checksum });
    const { title, filesizeBytes } = recording;
    try {
      const freedBytes = await removeFiles(desk, burial);
      return { id, title, checksum: burial.checksum, purgedAt: burial.purgedAt, freedBytes };
    } catch (cause) {
      throw new VoiceRecorderError(
        'storage-failed',
        `"${title}" (${id}) is out of the library, but its files could not all be removed yet: ` +
          `${cause instanceof Error ? cause.message : String(cause)} The next start tries again.`,
        { cause, details: { id, filesizeBytes } },
      );
    }
  });
}

/** Removes what purges left that broke off. One that fails keeps no other from being finished. */
export async function finishPurges(desk: PurgeDesk): Promise<void> {
  for (const burial of await desk.tombstones.listUnfinished()) {
    try {
      await desk.inTurn(burial.id, () => removeFiles(desk, burial));
    } catch (error) {
      desk.log('error', `Files of the purged recording ${burial.id} could not be removed.`, { error });
    }
  }
}

async function removeFiles(desk: PurgeDesk, burial: Burial): Promise<number> {
  const { id, storedFilename, takeId, isEverywhere } = burial;
  const { blobs } = desk;
  // A writing that had begun before the row was gone would put the sidecar back.
  await desk.settleSidecar(id);
  // With what is still to go, so that it goes although the catalogue is lost before.
  await blobs.putDocument(tombstoneKey(id), tombstoneText(burial, burial)).catch((error: unknown) => {
    // On a full disk the audio has to go first; the catalogue knows of the purge until the tombstone can be written.
    if (failureCodeOf(error) !== 'disk-full') throw error;
  });
  let freedBytes = await blobs.remove(storedFilename);
  await blobs.removeDocument(sidecarKey(storedFilename));
  const isQuarantined = storedFilename.startsWith('quarantine/');
  if (isQuarantined) await blobs.removeDocument(`${storedFilename}.note.json`);
  if (isEverywhere || isQuarantined) {
    for (const key of await blobs.quarantinedOf(storedFilename, id)) freedBytes += await blobs.remove(key);
  }
  freedBytes += await desk.removeDerived(id, takeId);
  await blobs.putDocument(tombstoneKey(id), tombstoneText(burial));
  await desk.tombstones.finish(id);
  return freedBytes;
}
