import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ListedRecording } from '../../../src/model/recording.ts';
import { messageOf } from '../api/http.ts';
import { KEYS, rememberRecording, rememberTake } from '../api/queries.ts';
import { restoreRecording, trashRecording } from '../api/recordings.ts';
import { restoreTake, trashTake } from '../api/takes.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';

const words = STRINGS.trash;

/** A recording, or a take of several segments with all of them. */
type Trashable = Pick<ListedRecording, 'id' | 'title' | 'takeId' | 'takeSegmentCount'>;

/** To the trash, with a way back at once, and out of it again. */
export function useTrash() {
  const queries = useQueryClient();
  const toast = useToast();
  const navigate = useNavigate();
  const openId = useParams({ strict: false }).id;

  /** Resolves to the ids of what was moved. */
  async function move(what: Trashable, isToTrash: boolean): Promise<readonly string[]> {
    const { id, takeId, takeSegmentCount = 1 } = what;
    let ids = [id];
    if (takeId !== null && takeSegmentCount > 1) {
      const take = await (isToTrash ? trashTake(takeId) : restoreTake(takeId));
      rememberTake(queries, take);
      ids = take.segments.map((segment) => segment.id);
    } else {
      rememberRecording(queries, await (isToTrash ? trashRecording(id) : restoreRecording(id)));
      if (takeId !== null) void queries.invalidateQueries({ queryKey: KEYS.take(takeId) });
    }
    void queries.invalidateQueries({ queryKey: KEYS.storage });
    void queries.invalidateQueries({ queryKey: KEYS.tags });
    return ids;
  }

  async function restore(what: Trashable, isAnnounced: boolean): Promise<void> {
    try {
      await move(what, false);
      if (isAnnounced) toast({ message: words.restored(what.title) });
    } catch (error) {
      toast({ kind: 'error', message: words.failed(messageOf(error)) });
    }
  }

  async function trash(what: Trashable): Promise<void> {
    try {
      const ids = await move(what, true);
      if (openId !== undefined && ids.includes(openId)) await navigate({ to: '/library' });
      toast({
        message: words.movedToTrash(what.title),
        action: { label: words.undo, run: () => void restore(what, false) },
      });
    } catch (error) {
      toast({ kind: 'error', message: words.failed(messageOf(error)) });
    }
  }

  return {
    trash: (what: Trashable) => void trash(what),
    restore: (what: Trashable) => void restore(what, true),
  };
}
