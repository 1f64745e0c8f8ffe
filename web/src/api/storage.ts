import type { CleanupKind, CleanupReport, Recommendation } from '../../../src/model/cleanup.ts';
import type { VerificationReport } from '../../../src/model/verification.ts';
import { requestJson } from './http.ts';

export interface StorageReport {
  readonly dataDir: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly minutesLeft: Readonly<Record<string, number>>;
  /** What is still begun. */
  readonly acceptance: { readonly takes: boolean; readonly imports: boolean; readonly derived: boolean };
  readonly recordingCount: number;
  readonly recordingBytes: number;
}

// The recorder waits for this answer before it shows itself.
const PATIENCE_MS = 4_000;

export function fetchStorage(signal?: AbortSignal): Promise<StorageReport> {
  return requestJson('/api/storage', { signal, patienceMs: PATIENCE_MS });
}

/** Everything about the space, counted anew on the disk. */
export interface StorageOverview extends StorageReport {
  readonly byKind: Readonly<Record<string, FileCount>>;
  /** `month` is `2026-11`; oldest first. */
  readonly growth: readonly (FileCount & { readonly month: string })[];
  readonly forecast: { readonly fullOn: string | null } | null;
  readonly recommendations: readonly Recommendation[];
}

export interface FileCount {
  readonly count: number;
  readonly bytes: number;
}

export function fetchStorageOverview(signal?: AbortSignal): Promise<StorageOverview> {
  return requestJson('/api/storage?thorough=true', { signal });
}

export function fetchVerification(signal?: AbortSignal): Promise<VerificationReport> {
  return requestJson('/api/verification', { signal });
}

/** Lets go what the server finds now of these kinds. */
export function letGo(kinds: readonly CleanupKind[]): Promise<CleanupReport> {
  return requestJson('/api/cleanup', { method: 'POST', body: { kinds } });
}
