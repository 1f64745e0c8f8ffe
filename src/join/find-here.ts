import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';

/** The recording, for whoever works on its file. Rejects with `stored-elsewhere` when that is not in this store. */
export async function findHere(
  { recordings, stores }: Pick<Catalogue, 'recordings' | 'stores'>,
  id: RecordingId,
): Promise<Recording | undefined> {
  const recording = await recordings.find(id);
  if (recording) await stores.requireHere(recording);
  return recording;
}
