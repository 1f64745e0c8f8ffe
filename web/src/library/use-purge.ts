import { useQueryClient } from '@tanstack/react-query';
import type { ListedRecording } from '../../../src/model/recording.ts';
import { messageOf } from '../api/http.ts';
import { KEYS } from '../api/queries.ts';
import { purgeRecording } from '../api/recordings.ts';
import { fetchTake } from '../api/takes.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';

/** A recording, or a take of several segments with all of them. */
type Purgeable = Pick<ListedRecording, 'id' | 'title' | 'takeId' | 'takeSegmentCount'>;

/** Removes for good what lies in the trash, after somebody was asked. */
export function usePurge() {
  const queries = useQueryClient();
  const toast = useToast();

  async function purge({ id, title, takeId, takeSegmentCount = 1 }: Purgeable): Promise<void> {
    try {
      const ids =
        takeId !== null && takeSegmentCount > 1
          ? (await fetchTake(takeId)).segments.map((segment) => segment.id)
          : [id];
      let freedBytes = 0;
      for (const one of ids) freedBytes += (await purgeRecording(one)).freedBytes;
      toast({ message: STRINGS.storage.purged(title, formatBytes(freedBytes)) });
    } catch (error) {
      toast({ kind: 'error', message: STRINGS.trash.failed(messageOf(error)) });
    } finally {
      for (const queryKey of [KEYS.lists, KEYS.storage, KEYS.overview])
        void queries.invalidateQueries({ queryKey });
    }
  }

  return (what: Purgeable) => void purge(what);
}
