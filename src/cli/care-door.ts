import type { RecordingId } from '../model/id.ts';
import type { FixityCheck } from '../model/verification.ts';
import type { Verification, VerifyOptions } from '../verify/verification.ts';
import type { ApiClient } from './api-client.ts';

/** What commands about the soundness of the library need, wherever it is open. */
export interface CareDoor {
  /** `onProgress` hears nothing through a server. Rejects as `Verification.verify` does. */
  verify(id: RecordingId, options: VerifyOptions): Promise<FixityCheck>;
}

// A file of many gigabytes on a slow disk is read to its end before the server answers.
const READING_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function careInProcess(verification: Verification): CareDoor {
  return { verify: (id, options) => verification.verify(id, options) };
}

export function careThroughServer(api: ApiClient): CareDoor {
  return {
    async verify(id, { signal }) {
      const path = `/api/recordings/${encodeURIComponent(id)}/verify`;
      const options = { timeoutMs: READING_TIMEOUT_MS, ...(signal ? { signal } : {}) };
      return (await api.request('POST', path, options)).json as FixityCheck;
    },
  };
}
