import { join } from 'node:path';
import { namesIn } from '../../durable/folder-names.ts';
import { failureCodeOf } from '../../model/failure.ts';
import type { RecordingId } from '../../model/id.ts';
import type { RecordingAmendment } from '../../model/recording.ts';
import { LocalTake, takesFolderOf } from './local-take.ts';
import { readManifest } from './take-manifest.ts';
import { sendTake } from './take-sender.ts';
import type { TakeUploads } from './take-uploads.ts';

/** The library, as takes of earlier runs need it. */
export interface LeftoverDesk {
  readonly takes: TakeUploads;
  amend(id: RecordingId, amendment: RecordingAmendment): Promise<unknown>;
  onFinished(title: string, id: RecordingId): void;
  /** `folder` stays as it is, and is tried again at the next start. */
  onFailure(folder: string, error: unknown): void;
}

/**
 * Brings takes into the library whose `vrp record` was killed or could not reach it. Takes that are being recorded
 * are left to their owners; nothing with a byte of sound in it is removed before it is a recording.
 */
export async function finishLeftoverTakes(dataDir: string, desk: LeftoverDesk): Promise<void> {
  const root = takesFolderOf(dataDir);
  for (const name of (await namesIn(root)).sort()) {
    const folder = join(root, name);
    try {
      await finishOne(folder, desk);
    } catch (error) {
      if (failureCodeOf(error) !== 'store-locked') desk.onFailure(folder, error);
    }
  }
}

async function finishOne(folder: string, desk: LeftoverDesk): Promise<void> {
  const manifest = await readManifest(folder);
  // Being made at this very moment, or not ours.
  if (manifest === undefined) return;
  const take = await LocalTake.reopen(folder, manifest);
  try {
    if (take.flushedBytes === 0) {
      await take.remove();
      return;
    }
    const id = await sendTake(take, {
      findUploads: async () => desk.takes,
      dropUploads: async () => undefined,
      onAcknowledged: () => undefined,
      onTrouble: () => undefined,
      // It ended long ago.
      onDiskFull: () => undefined,
    });
    if (manifest.timeline.length > 0) await desk.amend(id, { timeline: manifest.timeline });
    await take.remove();
    desk.onFinished(manifest.title, id);
  } catch (error) {
    await take.close();
    throw error;
  }
}
