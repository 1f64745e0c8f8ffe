import type { Backup, NewBackup } from '../backup/catalogue-backups.ts';
import type { HealthReport } from '../model/health.ts';
import type { Preflight, PreflightWish } from '../model/preflight.ts';
import type { StorageReport, VoiceRecorder } from '../voice-recorder.ts';
import type { ApiClient } from './api-client.ts';

/** What commands about the store as a whole need, wherever it is open. */
export interface StoreDoor {
  createBackup(): Promise<NewBackup>;
  listBackups(): Promise<readonly Backup[]>;
  storageReport(options: { readonly isThorough: boolean }): Promise<StorageReport>;
  preflight(wish: PreflightWish): Promise<Preflight>;
  /** Every check asked now. */
  healthReport(): Promise<HealthReport>;
}

// A snapshot of a large catalogue on a slow disk takes minutes, and so does counting a million derived files.
const COUNT_TIMEOUT_MS = 10 * 60 * 1000;
// Each check answers within its time-out, and all are asked at once.
const HEALTH_TIMEOUT_MS = 60_000;
const SNAPSHOT_TIMEOUT_MS = 60 * 60 * 1000;

export function storeInProcess(recorder: VoiceRecorder): StoreDoor {
  return {
    createBackup: () => recorder.backups.create(),
    listBackups: () => recorder.backups.list(),
    storageReport: (options) => recorder.storageReport(options),
    preflight: (wish) => recorder.preflight(wish),
    healthReport: () => recorder.health.report({ isFresh: true }),
  };
}

export function storeThroughServer(api: ApiClient): StoreDoor {
  return {
    createBackup: async () =>
      (await api.request('POST', '/api/backups', { timeoutMs: SNAPSHOT_TIMEOUT_MS })).json as NewBackup,
    listBackups: async () =>
      ((await api.request('GET', '/api/backups')).json as { items: readonly Backup[] }).items,
    storageReport: async ({ isThorough }) =>
      (
        await api.request('GET', `/api/storage?thorough=${isThorough}`, {
          ...(isThorough ? { timeoutMs: COUNT_TIMEOUT_MS } : {}),
        })
      ).json as StorageReport,
    preflight: async ({ ...wish }) => {
      const words = Object.entries(wish).map(([name, value]) => [name, String(value)]);
      const query = new URLSearchParams(words as [string, string][]);
      return (await api.request('GET', `/api/preflight?${query}`, { timeoutMs: HEALTH_TIMEOUT_MS }))
        .json as Preflight;
    },
    healthReport: async () =>
      (await api.request('GET', '/api/health?fresh=true', { timeoutMs: HEALTH_TIMEOUT_MS }))
        .json as HealthReport,
  };
}
