import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { HistoryPage } from '../../../src/model/history.ts';
import type { Recording } from '../../../src/model/recording.ts';
import { requestJson } from './http.ts';
import { KEYS } from './queries.ts';

const PAGE_SIZE = 20;

interface CollectionCount {
  readonly collection: string;
  readonly count: number;
}

function address(id: string): string {
  return `/api/recordings/${encodeURIComponent(id)}/history`;
}

/** What people changed about a recording, newest first, page by page. */
export function useHistory(id: string) {
  return useInfiniteQuery({
    queryKey: KEYS.history(id),
    queryFn: ({ pageParam, signal }): Promise<HistoryPage> => {
      const search = new URLSearchParams({ limit: String(PAGE_SIZE) });
      if (pageParam !== null) search.set('cursor', pageParam);
      return requestJson(`${address(id)}?${search}`, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** Rejects with `undo-conflict` (409) when something of that change was changed again since. */
export function undoChange(id: string, version: number): Promise<Recording> {
  return requestJson(`${address(id)}/${version}/undo`, { method: 'POST' });
}

/** Those of the library with their counts, by name. */
export function useCollections() {
  return useQuery({
    queryKey: KEYS.collections,
    queryFn: async ({ signal }) =>
      (await requestJson<{ readonly items: readonly CollectionCount[] }>('/api/collections', { signal }))
        .items,
    staleTime: 30_000,
  });
}
