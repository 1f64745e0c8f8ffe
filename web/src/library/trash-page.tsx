import { useState } from 'react';
import type { ListedRecording } from '../../../src/model/recording.ts';
import { messageOf } from '../api/http.ts';
import { useRecordings, useSession } from '../api/queries.ts';
import { formatDateTime } from '../format/date.ts';
import { formatClock } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { RestoreIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { usePurge } from './use-purge.ts';
import { useTrash } from './use-trash.ts';

const words = STRINGS.trash;

export function TrashPage() {
  usePageTitle(words.heading);
  const recordings = useRecordings({ isTrashed: true });
  const { restore } = useTrash();
  const purge = usePurge();
  const isAdmin = useSession().data?.role === 'admin';
  const [asked, setAsked] = useState<ListedRecording>();
  const items = recordings.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="mx-auto w-full max-w-3xl px-4 py-4 sm:px-8 sm:py-6">
      <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
      <p className="mt-1 text-ink-soft">{words.body}</p>
      {recordings.isError ? (
        <div className="mt-4">
          <Notice kind="problem" isUrgent>
            {messageOf(recordings.error)}
          </Notice>
        </div>
      ) : null}
      {recordings.data && items.length === 0 ? (
        <p className="mt-10 text-center text-lg">{words.empty}</p>
      ) : null}
      <ul className="mt-5 flex flex-col gap-2">
        {items.map((recording) => (
          <li key={recording.id} className="sheet flex flex-wrap items-center gap-3 px-4 py-3">
            <div className="min-w-48 flex-1">
              <p className="font-serif text-lg leading-snug">{recording.title}</p>
              <p className="digits text-sm text-ink-soft">
                {recording.trashedAt ? words.trashedAt(formatDateTime(recording.trashedAt)) : null} ·{' '}
                {lengthOf(recording)} · {formatBytes(recording.takeFilesizeBytes ?? recording.filesizeBytes)}
              </p>
            </div>
            <button
              type="button"
              className="button"
              aria-label={`${STRINGS.detail.restore} ${recording.title}`}
              onClick={() => restore(recording)}
            >
              <RestoreIcon size={18} />
              {STRINGS.detail.restore}
            </button>
            {isAdmin ? (
              <button
                type="button"
                className="button text-record"
                aria-label={STRINGS.storage.purgeOf(recording.title)}
                onClick={() => setAsked(recording)}
              >
                {STRINGS.storage.purge}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {asked ? (
        <ConfirmDialog
          heading={STRINGS.storage.purgeHeading(asked.title)}
          body={STRINGS.storage.purgeBody}
          action={STRINGS.storage.purge}
          onClose={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined);
            purge(asked);
          }}
        />
      ) : null}
      {recordings.hasNextPage ? (
        <button
          type="button"
          className="button mx-auto mt-4"
          disabled={recordings.isFetchingNextPage}
          onClick={() => void recordings.fetchNextPage()}
        >
          {STRINGS.library.showMore}
        </button>
      ) : null}
    </div>
  );
}

function lengthOf({ takeSegmentCount = 1, takeDuration, duration }: ListedRecording): string {
  const seconds = takeDuration ?? duration;
  const length = seconds === null ? STRINGS.library.lengthUnknown : formatClock(seconds);
  return takeSegmentCount > 1 ? `${STRINGS.take.partCount(takeSegmentCount)} · ${length}` : length;
}
