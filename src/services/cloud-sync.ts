import type { DatabaseContextManager } from '../database/database-context-manager.ts';
import type { DatabaseHealthMonitor } from './database-health-monitor.ts';
import { OpenedStore } from './opened-store.ts';
import { judgeSync, type RecordingSync } from './recording-sync.ts';

/**
 * The cloud sync of the Python original, under its names; uses the recorder that `healthMonitor` watches, as
 * `EnhancedFileStorageService` does. Where copies go is said with `vrp targets`.
 *
 * @example
 * const sync = new EnhancedCloudSyncService(recorder.contextManager, new DatabaseHealthMonitor(recorder));
 * const { success, error } = await sync.syncRecording(recordingId);
 */
export class EnhancedCloudSyncService implements AsyncDisposable {
  readonly contextManager: DatabaseContextManager;
  readonly healthMonitor: DatabaseHealthMonitor;
  readonly #store: OpenedStore;

  constructor(contextManager: DatabaseContextManager, healthMonitor: DatabaseHealthMonitor) {
    this.contextManager = contextManager;
    this.healthMonitor = healthMonitor;
    this.#store = new OpenedStore(healthMonitor);
  }

  /** Sends a recording to every target and reads it back there; what goes wrong is in the answer. */
  async syncRecording(recordingId: string): Promise<RecordingSync> {
    const recorder = await this.#store.recorder();
    const begun = new Set<string>();
    const { faults } = await recorder.copies.sync({
      ids: [recordingId],
      onProgress: ({ target, attempts }) => begun.add(`${target} ${attempts}`),
    });
    const report = await judgeSync(recorder, recordingId, faults);
    return { ...report, attempts: begun.size, sessionMetrics: this.contextManager.getSessionMetrics() };
  }
  /** Closes the store if this service opened it. */
  close(): Promise<void> {
    return this.#store.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
