import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import type { IngestDesk } from './ingest-desk.ts';

/**
 * Puts a recovered recording out of the way of the whole one: into the trash with a note, its file into the
 * quarantine. Whatever fails here leaves both in the library, which loses nothing, and is only logged.
 */
export async function supersede(desk: IngestDesk, recoveredId: RecordingId, whole: Recording): Promise<void> {
  try {
    await desk.turns.take(recoveredId, () => putAside(desk, recoveredId, whole));
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    desk.log?.('warn', `The recovered recording ${recoveredId} stays beside the whole one, ${whole.id}.`, {
      error,
    });
  }
}

async function putAside(desk: IngestDesk, recoveredId: RecordingId, whole: Recording): Promise<void> {
  const recovered = await desk.recordings.find(recoveredId);
  if (recovered === undefined || recovered.storedFilename.startsWith('quarantine/')) return;
  const reason = `Superseded by recording ${whole.id}, which holds the whole take.`;
  if (!recovered.notes.includes(reason)) {
    const notes = recovered.notes === '' ? reason : `${recovered.notes}\n\n${reason}`;
    await desk.recordings.amend(recoveredId, { notes }, undefined, null);
  }
  // Out of sight before its file moves: a crash between the two leaves a trashed recording that can be restored.
  desk.onChanged?.(await desk.recordings.trash(recoveredId, undefined, null));
  const key = recovered.storedFilename;
  const isThere = (await desk.blobs.stat(key)) !== undefined;
  const newKey = isThere ? await desk.blobs.quarantine(key, reason) : `quarantine/${key}`;
  await desk.recordings.relocate(recoveredId, newKey);
  await desk.blobs.removeDocument(sidecarKey(key));
}
