import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { Recording } from '../../../src/model/recording.ts';
import { messageOf } from '../api/http.ts';
import { KEYS, rememberRecording } from '../api/queries.ts';
import { restoreRecording, trashRecording } from '../api/recordings.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';

const words = STRINGS.trash;

/** To the trash, with a way back at once, and out of it again. */
export function useTrash() {
  const queries = useQueryClient();
  const toast = useToast();
  const navigate = useNavigate();
  const openId = useParams({ strict: false }).id;

  function remember(recording: Recording) {
    rememberRecording(queries, recording);
    void queries.invalidateQueries({ queryKey: KEYS.storage });
    void queries.invalidateQueries({ queryKey: KEYS.tags });
  }

  async function restore({ id, title }: Recording, isAnnounced: boolean): Promise<void> {
    try {
      remember(await restoreRecording(id));
      if (isAnnounced) toast({ message: words.restored(title) });
    } catch (error) {
      toast({ kind: 'error', message: words.failed(messageOf(error)) });
    }
  }

  async function trash(recording: Recording): Promise<void> {
    try {
      remember(await trashRecording(recording.id));
      if (openId === recording.id) await navigate({ to: '/library' });
      toast({
        message: words.movedToTrash(recording.title),
        action: { label: words.undo, run: () => void restore(recording, false) },
      });
    } catch (error) {
      toast({ kind: 'error', message: words.failed(messageOf(error)) });
    }
  }

  return {
    trash: (recording: Recording) => void trash(recording),
    restore: (recording: Recording) => void restore(recording, true),
  };
}
