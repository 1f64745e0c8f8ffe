import type { RecordingId } from '../model/id.ts';
import type { RepairOutcome } from '../model/repair.ts';
import type { FixityCheck, ReconcileProgress, ReconcileReport } from '../model/verification.ts';
import type { ReconcileOptions, Verification, VerifyOptions } from '../verify/verification.ts';
import type { ApiClient } from './api-client.ts';

/** What commands about the soundness of the library need, wherever it is open. */
export interface CareDoor {
  /** Rejects as `Verification.verify` does. */
  verify(id: RecordingId, options: VerifyOptions): Promise<FixityCheck>;
  repair(id: RecordingId, options: VerifyOptions): Promise<RepairOutcome>;
  reconcile(options: ReconcileOptions): Promise<ReconcileReport>;
}

// A file of many gigabytes on a slow disk is read to its end before the server answers.
const READING_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function careInProcess(verification: Verification): CareDoor {
  return {
    verify: (id, options) => verification.verify(id, options),
    repair: (id, options) => verification.repair(id, options),
    reconcile: (options) => verification.reconcile(options),
  };
}

export function careThroughServer(api: ApiClient): CareDoor {
  const ask = async (
    id: RecordingId,
    what: string,
    { signal, onProgress }: VerifyOptions,
  ): Promise<unknown> => {
    const path = `/api/recordings/${encodeURIComponent(id)}/${what}`;
    const options = {
      timeoutMs: READING_TIMEOUT_MS,
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (bytes: unknown) => onProgress(Number(bytes)) }),
    };
    return (await api.request('POST', path, options)).json;
  };
  return {
    verify: async (id, options) => (await ask(id, 'verify', options)) as FixityCheck,
    reconcile: async ({ signal, onProgress }) => {
      const options = {
        timeoutMs: READING_TIMEOUT_MS,
        ...(signal && { signal }),
        ...(onProgress && {
          onProgress: (progress: unknown) => onProgress(progress as ReconcileProgress),
        }),
      };
      return (await api.request('POST', '/api/reconcile', options)).json as ReconcileReport;
    },
    repair: async (id, options) => (await ask(id, 'repair', options)) as RepairOutcome,
  };
}
