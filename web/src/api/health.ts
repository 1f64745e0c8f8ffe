import { useQuery } from '@tanstack/react-query';
import type { Alert, Silence } from '../../../src/model/alert.ts';
import type { HealthReport } from '../../../src/model/health.ts';
import { requestJson } from './http.ts';

export const HEALTH_KEYS = { report: ['health'], alerts: ['alerts'] } as const;

const LOOK_AGAIN_MS = 30_000;

/** What the server's checks found last; asked again while the page is looked at. */
export function useHealth() {
  return useQuery({
    queryKey: HEALTH_KEYS.report,
    queryFn: ({ signal }): Promise<HealthReport> => requestJson('/api/health', { signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export interface AlertList {
  readonly items: readonly Alert[];
  readonly silences: readonly Silence[];
}

/** Kept true by what the server tells. */
export function useAlerts() {
  return useQuery({
    queryKey: HEALTH_KEYS.alerts,
    queryFn: ({ signal }): Promise<AlertList> => requestJson('/api/alerts', { signal }),
    staleTime: LOOK_AGAIN_MS,
  });
}

export function askAnew(): Promise<HealthReport> {
  return requestJson('/api/health?fresh=true', { patienceMs: 60_000 });
}

export function acknowledgeAlert({ id }: Alert): Promise<Alert> {
  return requestJson(`/api/alerts/${encodeURIComponent(id)}/acknowledge`, { method: 'POST' });
}

export function endAlert({ id }: Alert): Promise<Alert> {
  return requestJson(`/api/alerts/${encodeURIComponent(id)}/resolve`, { method: 'POST' });
}

export function silenceCheck(check: string, minutes: number): Promise<Silence> {
  return requestJson(`/api/alerts/silences/${encodeURIComponent(check)}`, {
    method: 'PUT',
    body: { minutes },
  });
}

export function endSilence(check: string): Promise<unknown> {
  return requestJson(`/api/alerts/silences/${encodeURIComponent(check)}`, { method: 'DELETE' });
}
