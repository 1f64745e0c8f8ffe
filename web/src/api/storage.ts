import { requestJson } from './http.ts';

export interface StorageReport {
  readonly dataDir: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly minutesLeft: Readonly<Record<string, number>>;
  readonly recordingCount: number;
  readonly recordingBytes: number;
}

// The recorder waits for this answer before it shows itself.
const PATIENCE_MS = 4_000;

export function fetchStorage(signal?: AbortSignal): Promise<StorageReport> {
  return requestJson('/api/storage', { signal, patienceMs: PATIENCE_MS });
}
