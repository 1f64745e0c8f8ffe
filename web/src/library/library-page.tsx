import { Outlet, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useCollections } from '../api/history.ts';
import { useRecordings, useTags } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { useSettled } from '../ui/debounce.ts';
import { LibraryIcon } from '../ui/icons.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { ImportButton } from '../upload/import-button.tsx';
import { CollectionFilter } from './collection-filter.tsx';
import { ListControls } from './list-controls.tsx';
import { countFilters, daysOf, filtersOf, NO_WISHES } from './list-wishes.ts';
import { RecordingList } from './recording-list.tsx';
import { SearchField } from './search-field.tsx';
import { TagFilter } from './tag-filter.tsx';

const words = STRINGS.library;
const SEARCH_AFTER_MS = 180;

/** The list, and beside it (below 1024 px instead of it) the recording that is open. */
export function LibraryPage() {
  usePageTitle(words.heading);
  const { id } = useParams({ strict: false });
  const [query, setQuery] = useState('');
  const [tag, setTag] = useState<string | null>(null);
  const [collection, setCollection] = useState<string | null>(null);
  const settledQuery = useSettled(query.trim(), SEARCH_AFTER_MS);
  const [wishes, setWishes] = useState(NO_WISHES);
  const settledWishes = useSettled(wishes, SEARCH_AFTER_MS);
  const recordings = useRecordings({
    ...filtersOf(settledWishes),
    order: settledWishes.order,
    ...(settledQuery !== '' && { query: settledQuery }),
    ...(tag !== null && { tag }),
    ...(collection !== null && { collection }),
  });
  const tags = useTags().data ?? [];
  const collections = useCollections().data ?? [];
  const search = useRef<HTMLInputElement>(null);
  const isFiltered =
    settledQuery !== '' || tag !== null || collection !== null || countFilters(settledWishes) > 0;
  const days = daysOf(settledWishes, settledQuery !== '');

  return (
    <div className="grid h-full min-h-0 grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(22rem,27rem)_minmax(0,1fr)]">
      <section
        className={`min-h-0 flex-col border-line lg:flex lg:border-r ${id === undefined ? 'flex' : 'hidden'}`}
        aria-label={words.list}
      >
        <header className="flex flex-col gap-3 px-4 pt-4 pb-3 sm:px-5">
          <div className="flex items-center justify-between gap-3">
            <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
            <ImportButton />
          </div>
          <SearchField
            field={search}
            value={query}
            isBusy={recordings.isPlaceholderData}
            onChange={setQuery}
          />
          <ListControls wishes={wishes} isSearch={query.trim() !== ''} onChange={setWishes} />
          {collections.length > 0 || collection !== null ? (
            <CollectionFilter collections={collections} chosen={collection} onChoose={setCollection} />
          ) : null}
          {tags.length > 0 ? <TagFilter tags={tags} chosen={tag} onChoose={setTag} /> : null}
        </header>
        <RecordingList recordings={recordings} openId={id} isFiltered={isFiltered} days={days} />
      </section>
      <section className={`min-h-0 overflow-y-auto ${id === undefined ? 'hidden lg:block' : ''}`}>
        <Outlet />
      </section>
    </div>
  );
}

export function NothingOpen() {
  return (
    <div className="grid h-full place-content-center justify-items-center gap-3 p-8 text-ink-soft">
      <LibraryIcon size={44} className="text-line-strong" />
      <p>{words.choose}</p>
    </div>
  );
}
