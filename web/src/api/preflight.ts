import { useQuery } from '@tanstack/react-query';
import type { Preflight } from '../../../src/model/preflight.ts';
import { requestJson } from './http.ts';

const LOOK_AGAIN_MS = 60_000;
const PATIENCE_MS = 15_000;

/** Whether a take with this preset can be recorded now, asked again each minute while the page is looked at. */
export function usePreflight(preset: string) {
  return useQuery({
    queryKey: ['preflight', preset],
    queryFn: ({ signal }): Promise<Preflight> =>
      requestJson(`/api/preflight?preset=${encodeURIComponent(preset)}`, { signal, patienceMs: PATIENCE_MS }),
    staleTime: LOOK_AGAIN_MS / 2,
    refetchInterval: LOOK_AGAIN_MS,
    retry: false,
  });
}
