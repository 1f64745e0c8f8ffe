import type { Copy, CopyProgress, TargetReport } from '../model/copy.ts';
import type { Copies, SyncPlan, SyncSummary } from '../sync/copies.ts';
import type { TargetTrial } from '../sync/test-target.ts';
import type { ApiClient } from './api-client.ts';

// Terabytes over a slow line.
const SYNC_TIMEOUT_MS = 24 * 24 * 60 * 60 * 1000;
const TEST_TIMEOUT_MS = 5 * 60 * 1000;

/** The copies of a running server. */
export function copiesThroughServer(api: ApiClient): Copies {
  return {
    targets: async () =>
      ((await api.request('GET', '/api/sync')).json as { targets: readonly TargetReport[] }).targets,
    async list(query = {}) {
      const words = Object.entries(query).map(([name, value]) => [name, String(value)] as [string, string]);
      const { json } = await api.request('GET', `/api/sync/copies?${new URLSearchParams(words)}`);
      return (json as { items: readonly Copy[] }).items;
    },
    async sync({ target, ids, signal, onProgress } = {}) {
      const { json } = await api.request('POST', '/api/sync', {
        body: { ...(target && { target }), ...(ids && { ids }) },
        timeoutMs: SYNC_TIMEOUT_MS,
        ...(signal && { signal }),
        onProgress: (progress: unknown) => onProgress?.(progress as CopyProgress),
      });
      return json as SyncSummary;
    },
    plan: async ({ target } = {}) =>
      (
        await api.request('POST', '/api/sync/plan', {
          body: { ...(target && { target }) },
          timeoutMs: TEST_TIMEOUT_MS,
        })
      ).json as SyncPlan,
    async retry(options = {}) {
      const { json } = await api.request('POST', '/api/sync/retry', { body: { ...options } });
      return (json as { count: number }).count;
    },
    async test(name) {
      const path = `/api/targets/${encodeURIComponent(name)}/test`;
      const { json } = await api.request('POST', path, { timeoutMs: TEST_TIMEOUT_MS });
      return (json as { trials: readonly TargetTrial[] }).trials;
    },
  };
}
