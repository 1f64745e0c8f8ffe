import { useQuery } from '@tanstack/react-query';
import type { HealthTrend } from '../../../src/model/health.ts';
import type { PerformancePast } from '../../../src/model/performance.ts';
import { requestJson } from './http.ts';

const STRETCH_MS = 15_000;
const TREND_MS = 5 * 60_000;

/** How the server was doing over the last hours; asked again while the page is looked at. */
export function usePerformance(hours: number) {
  return useQuery({
    queryKey: ['performance', hours],
    queryFn: ({ signal }): Promise<PerformancePast> =>
      requestJson(`/api/performance?hours=${hours}`, { signal }),
    refetchInterval: STRETCH_MS,
  });
}

/** What one check measured over the last days. */
export function useCheckPast(check: string, days: number) {
  return useQuery({
    queryKey: ['health', 'past', check, days],
    queryFn: ({ signal }): Promise<HealthTrend> =>
      requestJson(`/api/health/history?check=${encodeURIComponent(check)}&days=${days}`, { signal }),
    staleTime: TREND_MS,
  });
}
