import { useQueryClient } from '@tanstack/react-query';
import { OWNER_NAME } from '../../../src/model/access.ts';
import { changedSince } from '../../../src/model/history.ts';
import type { Recording } from '../../../src/model/recording.ts';
import { useHistory } from '../api/history.ts';
import { messageOf } from '../api/http.ts';
import { KEYS } from '../api/queries.ts';
import { describeChange } from '../format/change-words.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { RestoreIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { gatherTyping, type ShownChange } from './gather-typing.ts';

const words = STRINGS.history;

interface HistorySectionProps {
  readonly recording: Recording;
  /** Takes one change back; of a take in all its segments. */
  undo(entry: ShownChange): Promise<void>;
  /** False for what cannot be taken back here. */
  readonly mayUndo?: (entry: ShownChange) => boolean;
}

/** What people changed about a recording, newest first, each with a way back as long as nothing came over it. */
export function HistorySection({ recording, undo, mayUndo = () => true }: HistorySectionProps) {
  const history = useHistory(recording.id);
  const undoNow = useUndo(recording.id, undo);
  const entries = gatherTyping(history.data?.pages.flatMap(({ items }) => items) ?? []);
  if (entries.length === 0) return null;
  return (
    <section className="sheet px-5 py-4" aria-labelledby="history">
      <h2 id="history" className="mb-2 font-semibold">
        {words.heading}
      </h2>
      <ol>
        {entries.map((entry) => (
          <Change
            key={entry.version}
            entry={entry}
            isUndoable={changedSince(entry, recording).length === 0 && mayUndo(entry)}
            onUndo={() => void undoNow(entry)}
          />
        ))}
      </ol>
      {history.hasNextPage ? (
        <button
          type="button"
          className="button button-plain -ml-3"
          disabled={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {words.more}
        </button>
      ) : null}
    </section>
  );
}

interface ChangeProps {
  readonly entry: ShownChange;
  readonly isUndoable: boolean;
  readonly onUndo: () => void;
}

function Change({ entry, isUndoable, onUndo }: ChangeProps) {
  const sentences = describeChange(entry);
  const { changedAt, by, undoes } = entry;
  return (
    <li className="flex items-start gap-3 border-t border-line py-2">
      <div className="min-w-0 flex-1">
        <p className="digits text-[0.8125rem] text-ink-soft">
          <time dateTime={changedAt}>{formatDateTime(changedAt)}</time>
          {' · '}
          {by === OWNER_NAME ? words.owner : by}
          {undoes === null ? null : ` · ${words.undid}`}
        </p>
        {sentences.map((sentence) => (
          <p key={sentence} className="break-words">
            {sentence}
          </p>
        ))}
      </div>
      {isUndoable ? (
        <button
          type="button"
          className="button shrink-0"
          aria-label={words.undoLabel(sentences.join('; '))}
          onClick={onUndo}
        >
          <RestoreIcon size={18} />
          {words.undo}
        </button>
      ) : null}
    </li>
  );
}

function useUndo(id: string, undo: HistorySectionProps['undo']): (entry: ShownChange) => Promise<void> {
  const queries = useQueryClient();
  const toast = useToast();
  return async (entry) => {
    try {
      await undo(entry);
      for (const queryKey of [KEYS.tags, KEYS.collections, KEYS.storage])
        void queries.invalidateQueries({ queryKey });
      toast({ message: words.undone });
    } catch (error) {
      // It may have been changed elsewhere meanwhile: what is shown is asked for again.
      for (const queryKey of [KEYS.recording(id), KEYS.history(id)])
        void queries.invalidateQueries({ queryKey });
      toast({ kind: 'error', message: words.failed(messageOf(error)) });
    }
  };
}
