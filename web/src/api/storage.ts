import { requestJson } from './http.ts';

export interface StorageReport {
  readonly dataDir: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly minutesLeft: Readonly<Record<string, number>>;
  readonly recordingCount: number;
  readonly recordingBytes: number;
}

export function fetchStorage(signal?: AbortSignal): Promise<StorageReport> {
  return requestJson('/api/storage', { signal });
}
