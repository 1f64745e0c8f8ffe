import type { SharingStore } from '../../../src/model/sharing-store.ts';
import { requestJson } from './http.ts';

export function fetchStores(signal?: AbortSignal): Promise<{ readonly items: readonly SharingStore[] }> {
  return requestJson('/api/stores', { signal });
}
