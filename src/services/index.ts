/** The services under the names and import paths of the Python original. */
export { EnhancedCloudSyncService } from './cloud-sync.ts';
export { DatabaseHealthMonitor, type DiskSpaceCheck } from './database-health-monitor.ts';
export { EnhancedFileStorageService } from './file-storage.ts';
export type { RecordingSync } from './recording-sync.ts';
export type { OrphanReport, SavedRecording, StorageOverview } from './saved-recording.ts';
