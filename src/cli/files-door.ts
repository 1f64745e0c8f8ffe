import type { CleanupKind, CleanupProgress, CleanupReport, Recommendation } from '../model/cleanup.ts';
import type { RecordingId } from '../model/id.ts';
import type { CleanupOptions, PurgeOptions, PurgeOutcome } from '../stored-files.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import type { ApiClient } from './api-client.ts';

/** What commands that remove things need, wherever the library is open. */
export interface FilesDoor {
  /** Rejects as `StoredFiles.purge` does. */
  purge(id: RecordingId, options: PurgeOptions): Promise<PurgeOutcome>;
  recommend(): Promise<readonly Recommendation[]>;
  cleanUp(kinds: readonly CleanupKind[], options: CleanupOptions): Promise<CleanupReport>;
}

// Thousands of files on a slow disk.
const REMOVING_TIMEOUT_MS = 6 * 60 * 60 * 1000;

export function filesInProcess({ files, cleanup }: VoiceRecorder): FilesDoor {
  return {
    purge: (id, options) => files.purge(id, options),
    recommend: () => cleanup.recommend(),
    cleanUp: (kinds, options) => cleanup.apply(kinds, options),
  };
}

export function filesThroughServer(api: ApiClient): FilesDoor {
  const timeoutMs = REMOVING_TIMEOUT_MS;
  return {
    async purge(id, { isEverywhere, expectedVersion }) {
      const search = new URLSearchParams({ purge: 'true', ...(isEverywhere ? { everywhere: 'true' } : {}) });
      const headers = expectedVersion === undefined ? {} : { 'if-match': `"${expectedVersion}"` };
      const path = `/api/recordings/${encodeURIComponent(id)}?${search}`;
      return (await api.request('DELETE', path, { headers, timeoutMs })).json as PurgeOutcome;
    },
    async recommend() {
      const { json } = await api.request('GET', '/api/cleanup', { timeoutMs });
      return (json as { recommendations: readonly Recommendation[] }).recommendations;
    },
    async cleanUp(kinds, { signal, onProgress }) {
      const options = {
        body: { kinds },
        timeoutMs,
        ...(signal && { signal }),
        ...(onProgress && { onProgress: (said: unknown) => onProgress(said as CleanupProgress) }),
      };
      return (await api.request('POST', '/api/cleanup', options)).json as CleanupReport;
    },
  };
}
