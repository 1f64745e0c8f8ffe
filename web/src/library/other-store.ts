import { useQuery } from '@tanstack/react-query';
import type { Recording } from '../../../src/model/recording.ts';
import { KEYS } from '../api/queries.ts';
import { fetchStores } from '../api/stores.ts';

const STORES_KNOWN_MS = 5 * 60_000;

/**
 * Where the file of a recording lies, when that is not the store of this server: its name, as people know it. Null when
 * it lies here, undefined while that is found out.
 */
export function useOtherStore({ storeId }: Pick<Recording, 'storeId'>): string | null | undefined {
  const stores = useQuery({
    queryKey: KEYS.stores,
    queryFn: ({ signal }) => fetchStores(signal),
    staleTime: STORES_KNOWN_MS,
    enabled: storeId !== undefined,
  });
  if (storeId === undefined || stores.isError) return null;
  if (!stores.data) return undefined;
  const store = stores.data.items.find(({ id }) => id === storeId);
  if (store?.isHere) return null;
  return store?.name || storeId;
}
