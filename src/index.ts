/**
 * Voice Recorder Pro as a library.
 *
 * @example
 * import { openVoiceRecorder } from 'voice-recorder-pro';
 *
 * const recorder = await openVoiceRecorder({ environment: 'production' });
 * const outcome = await recorder.library.importFile('interview.wav', { title: 'Interview' });
 * await recorder.close();
 */

export type { Alerts } from './alerts/alerts.ts';
export { RecordingRepository } from './catalogue/recording-repository.ts';
export { DatabaseConfig } from './config/database-config.ts';
export type { PostgresPlace } from './config/database-url.ts';
export type { EnvironmentName } from './config/environments.ts';
export { StorageConfig } from './config/storage-config.ts';
export { DatabaseContextManager } from './database/database-context-manager.ts';
export type { SessionFactory } from './database/session-factory.ts';
export type { SessionDurations, SessionMetrics } from './database/session-metrics.ts';
export { SqliteSessions } from './database/sqlite/sqlite-sessions.ts';
export { type FileMetadata, FileMetadataCalculator } from './file-metadata-calculator.ts';
export type { Health } from './health/health.ts';
export type { Finding, HealthCheck } from './health/health-check.ts';
export type { Actor, NamedToken, Role } from './model/access.ts';
export type { Alert, AlertRule, DeliveryOutcome, Silence } from './model/alert.ts';
export type { AudioFacts, AudioWarning, EmbeddedTags } from './model/audio-facts.ts';
export type { CheckPhase, CheckResult } from './model/check-result.ts';
export type {
  CleanupItem,
  CleanupKind,
  CleanupProgress,
  CleanupReport,
  CleanupRisk,
  Recommendation,
} from './model/cleanup.ts';
export type {
  Copy,
  CopyCounts,
  CopyFault,
  CopyProgress,
  CopyStateName,
  TargetReport,
} from './model/copy.ts';
export type { DurationCounts } from './model/duration-counts.ts';
export { FAILURES, type FailureCode, VoiceRecorderError } from './model/failure.ts';
export type { HealthCheckResult, HealthReport, HealthSample, HealthTrend } from './model/health.ts';
export type { HistoryEntry, HistoryFields, HistoryPage, HistoryQuery } from './model/history.ts';
export type { ImportOutcome } from './model/import-outcome.ts';
export type {
  Job,
  JobCounts,
  JobFilter,
  JobLoad,
  JobPage,
  JobPriority,
  JobState,
  ShownJob,
} from './model/job.ts';
export type { Preflight, PreflightPurpose, PreflightReason, PreflightWish } from './model/preflight.ts';
export type { RecorderEvent } from './model/recorder-event.ts';
export type { MediaFigures, RecorderFigures } from './model/recorder-figures.ts';
export type {
  ListedRecording,
  Recording,
  Recording as RecordingMetadata,
  RecordingAmendment,
  RecordingFilters,
  RecordingOrder,
  RecordingPage,
  RecordingQuery,
  SearchCorrection,
  SearchMatch,
} from './model/recording.ts';
export type { RepairableFault, RepairOutcome, SilencedPart } from './model/repair.ts';
export type { SharingStore } from './model/sharing-store.ts';
export type { Take, TakeAmendment } from './model/take.ts';
export type { UploadReceipt, UploadState, UploadWish } from './model/upload.ts';
export type {
  FixityCheck,
  ReconcileProgress,
  ReconcileReport,
  VerificationReport,
  VerificationResult,
} from './model/verification.ts';
export { openVoiceRecorder } from './open.ts';
export type { AroundWork, OpenOptions } from './open-options.ts';
export type { ProbeOptions } from './probe-file.ts';
export { EnhancedCloudSyncService } from './services/cloud-sync.ts';
export { DatabaseHealthMonitor, type DiskSpaceCheck } from './services/database-health-monitor.ts';
export { EnhancedFileStorageService } from './services/file-storage.ts';
export type { RecordingSync } from './services/recording-sync.ts';
export type { OrphanReport, SavedRecording, StorageOverview } from './services/saved-recording.ts';
export type {
  Cleanup,
  CleanupOptions,
  FileCheck,
  FileCount,
  OperationFigures,
  PurgeOptions,
  PurgeOutcome,
  StorageMetrics,
  StoredFiles,
  StreamWish,
} from './stored-files.ts';
export type { Copies, CopyQuery, SyncOptions, SyncPlan, SyncSummary } from './sync/copies.ts';
export type { TargetTrial } from './sync/test-target.ts';
export type { ReconcileOptions, Verification, VerifyOptions } from './verify/verification.ts';
export type {
  Access,
  AmendmentTarget,
  AudioSource,
  ImportOptions,
  Jobs,
  Library,
  PeaksRequest,
  PeaksView,
  StorageReport,
  StoreRoom,
  Takes,
  UploadChunk,
  Uploads,
  VoiceRecorder,
} from './voice-recorder.ts';
