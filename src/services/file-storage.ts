import type { DatabaseContextManager } from '../database/database-context-manager.ts';
import type { FileCheck } from '../stored-files.ts';
import type { ImportOptions } from '../voice-recorder.ts';
import type { DatabaseHealthMonitor } from './database-health-monitor.ts';
import { OpenedStore } from './opened-store.ts';
import * as saved from './saved-recording.ts';

/**
 * The file storage of the Python original, under its names. Uses the recorder that `healthMonitor` watches; when that
 * has a configuration alone, the store is opened with the first call and stays open until `close()`.
 *
 * @example
 * const storage = new EnhancedFileStorageService(recorder.contextManager, new DatabaseHealthMonitor(recorder));
 * const { recordingId } = await storage.saveRecording('interview.wav');
 */
export class EnhancedFileStorageService implements AsyncDisposable {
  readonly contextManager: DatabaseContextManager;
  readonly healthMonitor: DatabaseHealthMonitor;
  readonly #store: OpenedStore;

  constructor(contextManager: DatabaseContextManager, healthMonitor: DatabaseHealthMonitor) {
    this.contextManager = contextManager;
    this.healthMonitor = healthMonitor;
    this.#store = new OpenedStore(healthMonitor);
  }

  /** Keeps a file of this machine. Rejects with the code of what was wrong with it. */
  async saveRecording(path: string, options: ImportOptions = {}): Promise<saved.SavedRecording> {
    return await saved.saveIn(await this.#store.recorder(), this.contextManager, path, options);
  }
  /** The absolute path of the original. Rejects with `recording-unknown`. */
  async getRecordingFilePath(recordingId: string): Promise<string> {
    return await (await this.#store.recorder()).files.pathOf(recordingId);
  }
  /** Reads the original anew and keeps the answer in the store. Rejects with `recording-unknown`; damage is an answer. */
  async validateRecordingIntegrity(recordingId: string): Promise<FileCheck & { readonly isValid: boolean }> {
    const check = await (await this.#store.recorder()).files.check(recordingId);
    return { ...check, isValid: check.isSound };
  }
  /** Says what could go without a loss; lets it go only with `dryRun: false`. Never touches an original. */
  async cleanupOrphanedFiles(options: { readonly dryRun?: boolean } = {}): Promise<saved.OrphanReport> {
    return await saved.cleanHarmless(await this.#store.recorder(), options.dryRun ?? true);
  }
  async getStorageMetrics(): Promise<saved.StorageOverview> {
    const [{ files }, space] = [await this.#store.recorder(), await this.healthMonitor.checkDiskSpace()];
    const sessionMetrics = this.contextManager.getSessionMetrics();
    return { ...(await files.metrics()), ...space, sessionMetrics };
  }
  /** Closes the store if this service opened it. */
  close(): Promise<void> {
    return this.#store.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
