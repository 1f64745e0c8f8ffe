import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';

const source = new URL('../src/', import.meta.url);

/** Every name a stranger can import: adding or removing one is a decision, made here. */
const PUBLIC_NAMES = [
  'Copies',
  'Copy',
  'CopyCounts',
  'CopyFault',
  'CopyProgress',
  'CopyQuery',
  'CopyStateName',
  'SyncOptions',
  'SyncPlan',
  'SyncSummary',
  'TargetReport',
  'TargetTrial',
  'CheckResult',
  'CheckPhase',
  'FixityCheck',
  'ReconcileOptions',
  'ReconcileProgress',
  'ReconcileReport',
  'RepairOutcome',
  'SilencedPart',
  'RepairableFault',
  'Verification',
  'VerificationReport',
  'VerificationResult',
  'VerifyOptions',
  'SqliteSessions',
  'SessionMetrics',
  'SessionDurations',
  'DurationCounts',
  'RecorderFigures',
  'MediaFigures',
  'StoreRoom',
  'SessionFactory',
  'StorageOverview',
  'SavedRecording',
  'OrphanReport',
  'EnhancedFileStorageService',
  'EnhancedCloudSyncService',
  'RecordingSync',
  'DiskSpaceCheck',
  'DatabaseHealthMonitor',
  'Finding',
  'Health',
  'HealthCheck',
  'HealthCheckResult',
  'HealthReport',
  'HealthSample',
  'HealthTrend',
  'Recommendation',
  'CleanupRisk',
  'CleanupReport',
  'CleanupProgress',
  'CleanupOptions',
  'CleanupKind',
  'CleanupItem',
  'Cleanup',
  'StreamWish',
  'StoredFiles',
  'StorageMetrics',
  'PurgeOutcome',
  'PurgeOptions',
  'OperationFigures',
  'FileCount',
  'FileCheck',
  'Access',
  'Alert',
  'AlertRule',
  'Alerts',
  'AmendmentTarget',
  'DeliveryOutcome',
  'Silence',
  'Actor',
  'AudioFacts',
  'AudioSource',
  'AudioWarning',
  'DatabaseConfig',
  'PostgresPlace',
  'DatabaseContextManager',
  'EmbeddedTags',
  'EnvironmentName',
  'FAILURES',
  'FailureCode',
  'FileMetadata',
  'FileMetadataCalculator',
  'ImportOptions',
  'HistoryEntry',
  'HistoryFields',
  'HistoryPage',
  'HistoryQuery',
  'ImportOutcome',
  'Job',
  'JobCounts',
  'JobFilter',
  'JobLoad',
  'JobPage',
  'JobPriority',
  'JobState',
  'Jobs',
  'SharingStore',
  'ShownJob',
  'Library',
  'ListedRecording',
  'NamedToken',
  'AroundWork',
  'OpenOptions',
  'PeaksRequest',
  'PeaksView',
  'ProbeOptions',
  'Preflight',
  'PreflightPurpose',
  'PreflightReason',
  'PreflightWish',
  'Recording',
  'RecordingAmendment',
  'RecordingMetadata',
  'RecordingFilters',
  'RecordingOrder',
  'RecordingPage',
  'RecordingQuery',
  'SearchCorrection',
  'SearchMatch',
  'RecordingRepository',
  'RecorderEvent',
  'Role',
  'StorageConfig',
  'StorageReport',
  'Take',
  'TakeAmendment',
  'Takes',
  'UploadChunk',
  'UploadReceipt',
  'UploadState',
  'UploadWish',
  'Uploads',
  'VoiceRecorder',
  'VoiceRecorderError',
  'openVoiceRecorder',
];

interface Exported {
  readonly name: string;
  /** Its name where it is declared. */
  readonly original: string;
  readonly file: string;
}

describe('the public API', () => {
  it('has exactly the names that were decided on', () => {
    expect(
      readExports()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...PUBLIC_NAMES].sort());
  });

  it('explains every one of them', () => {
    const silent = readExports().filter(({ original, file }) => {
      const text = readFileSync(new URL(file, source), 'utf8');
      const declared = text.search(
        new RegExp(`^export (?:async )?(?:function|class|const|interface|type) ${original}\\b`, 'm'),
      );
      return !text.slice(0, declared).trimEnd().endsWith('*/');
    });
    expect(silent.map(({ original, file }) => `${original} in ${file}`)).toEqual([]);
  });
});

describe('an embedding program', () => {
  let folder: string | undefined;
  afterEach(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('opens a store, brings in a file, finds it, hears of it, and closes', async () => {
    folder = mkdtempSync(join(tmpdir(), 'vrp-library-'));
    const file = join(folder, 'Interview with the harbour master.wav');
    writeWav(file, voiceSamples(2, 16_000, 4), 16_000);
    const recorder = await library.openVoiceRecorder({
      environment: 'testing',
      dataDir: join(folder, 'store'),
      overrides: { stateDir: join(folder, 'state') },
    });
    const heard: string[] = [];
    recorder.subscribe((event) => heard.push(event.type));
    const outcome = await recorder.library.importFile(file, { tags: ['harbour'] });
    const { items } = await recorder.library.list({ query: 'harb' });
    expect(items.map(({ id }) => id)).toEqual([outcome.id]);
    expect(items[0]).toMatchObject({
      title: 'Interview with the harbour master',
      duration: 2,
      tags: ['harbour'],
    });
    const peaks = await recorder.library.peaks(outcome.id ?? '', { width: 20 });
    expect(peaks.max).toHaveLength(20);
    expect(Math.max(...peaks.max)).toBeGreaterThan(0.1);
    await expect(
      library.openVoiceRecorder({
        environment: 'testing',
        dataDir: join(folder, 'store'),
        overrides: { stateDir: join(folder, 'state') },
      }),
    ).rejects.toMatchObject({ code: 'store-locked' });
    await recorder.close();
    expect(heard).toContain('recording-added');
  });
});

function readExports(): Exported[] {
  const text = readFileSync(new URL('index.ts', source), 'utf8');
  return [...text.matchAll(/^export (?:type )?\{([^}]+)\} from '\.\/([^']+)'/gms)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map((entry) => entry.trim().replace(/^type /, ''))
        .filter((entry) => entry !== '')
        .map((entry) => {
          const [original = '', name = original] = entry.split(' as ');
          return { name, original, file };
        }),
  );
}
