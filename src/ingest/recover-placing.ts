import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../durable/folder-names.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import type { IngestDesk } from './ingest-desk.ts';
import { expectedOf, placeAndActivate } from './placing.ts';
import { supersede } from './supersede.ts';

export interface PlacingReport {
  /** Recordings whose bytes were all there. */
  readonly activated: readonly RecordingId[];
  /** Claims without bytes: nothing of them had been acknowledged, and doing the import again brings them back. */
  readonly abandoned: readonly { readonly id: RecordingId; readonly filename: string }[];
  /** Claims that could not be settled now; they stay as they are. */
  readonly failed: readonly { readonly id: RecordingId; readonly code: string; readonly message: string }[];
}

/** Settles what a crash left between claim and activation. To be run at start, by the holder of the store's lock. */
export async function recoverPlacing(desk: IngestDesk): Promise<PlacingReport> {
  const activated: RecordingId[] = [];
  const abandoned: { id: RecordingId; filename: string }[] = [];
  const failed: { id: RecordingId; code: string; message: string }[] = [];
  for (const { id, filename } of await desk.recordings.listPlacing()) {
    try {
      const settled = await settleClaim(desk, id);
      if (settled !== undefined) activated.push(id);
      else abandoned.push({ id, filename });
    } catch (error) {
      if (!(error instanceof VoiceRecorderError)) throw error;
      failed.push({ id, code: error.code, message: error.message });
    }
  }
  return { activated, abandoned, failed };
}

/**
 * The recording under `id` once nobody works on it any more: a claim whose bytes are there is finished, one without
 * is abandoned. Undefined when there is no such recording (any more).
 */
export function settleClaim(desk: IngestDesk, id: RecordingId): Promise<Recording | undefined> {
  return desk.turns.take(id, async () => {
    const found = await desk.recordings.find(id);
    if (found === undefined || found.status !== 'placing') return found;
    const isPlaced = await isRightlyPlaced(desk, found);
    const spooledPath = await findSpooled(desk, found);
    if (!isPlaced && spooledPath === undefined) {
      await desk.blobs.removeDocument(sidecarKey(found.storedFilename));
      await desk.recordings.abandonClaim(id);
      desk.log?.('warn', `No bytes of ${found.filename} were stored before the last end; import it again.`, {
        id,
      });
      return undefined;
    }
    const superseded = await desk.findSuperseded(id);
    await placeAndActivate(desk, found, spooledPath ?? join(desk.spoolPath, id, 'data'), async () => {
      if (superseded !== null) await supersede(desk, superseded, found);
    });
    return await desk.recordings.find(id);
  });
}

/** What lies at the place but is not what was claimed makes way to the quarantine. */
async function isRightlyPlaced(desk: IngestDesk, claimed: Recording): Promise<boolean> {
  const key = claimed.storedFilename;
  if ((await desk.blobs.stat(key)) === undefined) return false;
  const { checksum } = await desk.blobs.checksum(key);
  if (checksum === claimed.checksum) return true;
  await desk.blobs.quarantine(
    key,
    `Found at the place of recording ${claimed.id} with SHA-256 ${checksum} instead of ${claimed.checksum}.`,
  );
  return false;
}

/** A file in the upload's spool folder that holds exactly the claimed bytes. */
async function findSpooled(desk: IngestDesk, claimed: Recording): Promise<string | undefined> {
  const folder = join(desk.spoolPath, claimed.id);
  const { checksum, sizeBytes } = expectedOf(claimed);
  const names = await namesIn(folder).catch((cause: unknown) => {
    throw new VoiceRecorderError('storage-failed', `The spool folder ${folder} cannot be read.`, { cause });
  });
  for (const name of names.sort()) {
    const path = join(folder, name);
    const found = await lstat(path);
    if (!found.isFile() || found.size !== sizeBytes) continue;
    if ((await desk.hashFile(path)).checksum === checksum) return path;
  }
  return undefined;
}
