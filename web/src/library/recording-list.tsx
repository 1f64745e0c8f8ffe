import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import type { RecordingPage } from '../../../src/model/recording.ts';
import { messageOf } from '../api/http.ts';
import { formatDay } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { type ListRow, momentOf, toListRows, toPlainRows } from './list-rows.ts';
import { RecordingRow } from './recording-row.tsx';

const words = STRINGS.library;
const ROW_HEIGHT = 62;
const TAGGED_ROW_HEIGHT = 84;
const DAY_HEIGHT = 40;
const EXCERPT_HEIGHT = 40;
const ROWS_AHEAD = 20;

interface RecordingListProps {
  readonly recordings: UseInfiniteQueryResult<InfiniteData<RecordingPage>>;
  readonly openId: string | undefined;
  readonly isFiltered: boolean;
  /** Which days follow one another, with a heading for each; null where none do. */
  readonly days: 'received' | 'recorded' | null;
}

/** Only the rows in sight exist in the page, however many recordings there are; more are fetched ahead of the eye. */
export function RecordingList({ recordings, openId, isFiltered, days }: RecordingListProps) {
  const box = useRef<HTMLDivElement>(null);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = recordings;
  const rows = useMemo(() => {
    const items = data?.pages.flatMap((page) => page.items) ?? [];
    if (days === null) return toPlainRows(items);
    return days === 'recorded' ? toListRows(items, {}, momentOf) : toListRows(items);
  }, [data, days]);
  const corrections = data?.pages[0]?.corrections ?? [];
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => heightOf(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
  });
  const visible = virtualizer.getVirtualItems();
  const lastIndex = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastIndex >= rows.length - ROWS_AHEAD) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastIndex, rows.length]);

  if (recordings.isError && !data) {
    return (
      <div className="p-4">
        <Notice kind="problem" heading={words.failed} isUrgent>
          <p>{messageOf(recordings.error)}</p>
          <button type="button" className="button mt-2" onClick={() => void recordings.refetch()}>
            {STRINGS.app.retry}
          </button>
        </Notice>
      </div>
    );
  }
  if (data && rows.length === 0) return <NothingHere isFiltered={isFiltered} />;
  const nowMs = Date.now();
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto px-2 pb-4 sm:px-3" data-testid="recording-list">
      {corrections.length > 0 ? (
        <p role="status" className="px-2 py-2 text-ink-soft">
          {corrections.map((correction) => STRINGS.lists.corrected(correction)).join(' ')}
        </p>
      ) : null}
      <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {visible.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <li
              key={item.key}
              className="absolute inset-x-0 top-0"
              style={{ height: item.size, transform: `translateY(${item.start}px)` }}
            >
              {row.kind === 'day' ? (
                <h2 className="flex h-full items-end px-2 pb-1.5 text-sm font-semibold text-ink-soft">
                  {formatDay(row.at, nowMs)}
                </h2>
              ) : (
                <RecordingRow
                  recording={row.recording}
                  isOpen={row.recording.id === openId}
                  hasDay={days !== null}
                />
              )}
            </li>
          );
        })}
      </ul>
      <p role="status" className="py-2 text-center text-sm text-ink-soft">
        {isFetchingNextPage ? words.loadingMore : ''}
      </p>
    </div>
  );
}

function heightOf(row: ListRow | undefined): number {
  if (row?.kind === 'day') return DAY_HEIGHT;
  if (row === undefined) return ROW_HEIGHT;
  const { tags, notesExcerpt } = row.recording;
  return (tags.length > 0 ? TAGGED_ROW_HEIGHT : ROW_HEIGHT) + (notesExcerpt ? EXCERPT_HEIGHT : 0);
}

function NothingHere({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <div role="status" className="grid flex-1 place-content-center gap-1 p-8 text-center">
      <p className="text-lg font-semibold">{isFiltered ? words.nothingFound : words.empty}</p>
      <p className="max-w-xs text-ink-soft">{isFiltered ? words.nothingFoundBody : words.emptyBody}</p>
    </div>
  );
}
