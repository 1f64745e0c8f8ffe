import { requestJson } from './http.ts';

/** One of the stores that share the catalogue. */
interface SharingStore {
  readonly id: string;
  readonly name: string;
  readonly isHere: boolean;
}

export function fetchStores(signal?: AbortSignal): Promise<{ readonly items: readonly SharingStore[] }> {
  return requestJson('/api/stores', { signal });
}
