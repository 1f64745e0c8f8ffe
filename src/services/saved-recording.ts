import { RecordingRepository } from '../catalogue/recording-repository.ts';
import type { DatabaseContextManager } from '../database/database-context-manager.ts';
import type { SessionMetrics } from '../database/session-metrics.ts';
import type { CleanupReport, Recommendation } from '../model/cleanup.ts';
import { systemClock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { StorageMetrics } from '../stored-files.ts';
import type { ImportOptions, VoiceRecorder } from '../voice-recorder.ts';
import type { DiskSpaceCheck } from './database-health-monitor.ts';

/** What became of a file that was to be saved. */
export interface SavedRecording {
  readonly success: true;
  readonly recordingId: string;
  /** True: the same bytes were there before, and this is the recording that holds them. */
  readonly isDuplicate: boolean;
  readonly recording: Recording;
  readonly sessionMetrics: SessionMetrics;
}

/** What could go without a loss; `applied` is null for a dry run. */
export interface OrphanReport {
  readonly recommendations: readonly Recommendation[];
  readonly applied: CleanupReport | null;
}

/** How much is stored, how much still fits, and what the operations and sessions cost. */
export interface StorageOverview extends StorageMetrics, DiskSpaceCheck {
  readonly sessionMetrics: SessionMetrics;
}

export async function saveIn(
  { files }: VoiceRecorder,
  contexts: DatabaseContextManager,
  path: string,
  options: ImportOptions,
): Promise<SavedRecording> {
  const { id, status, error } = await files.saveFile(path, options);
  const recording = id && (await new RecordingRepository(contexts, systemClock).find(id));
  if (!id || !recording)
    throw new VoiceRecorderError(error?.code ?? 'storage-failed', error?.message ?? `${path} was not saved.`);
  const isDuplicate = status === 'duplicate';
  return {
    success: true,
    recordingId: id,
    isDuplicate,
    recording,
    sessionMetrics: contexts.getSessionMetrics(),
  };
}

export async function cleanHarmless({ cleanup }: VoiceRecorder, isDryRun: boolean): Promise<OrphanReport> {
  const recommendations = (await cleanup.recommend()).filter(({ risk }) => risk === 'none' || risk === 'low');
  const kinds = recommendations.map(({ kind }) => kind);
  return { recommendations, applied: isDryRun ? null : await cleanup.apply(kinds) };
}
