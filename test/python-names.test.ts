import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';
import * as services from '../src/services/index.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-names-'));
  environment = {
    VRP_DATA_DIR: join(folder, 'store'),
    VRP_STATE_DIR: join(folder, 'state'),
    VRP_CONFIG_FILE: '',
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const audioFile = (name = 'x.wav', seed = 1) => {
  const path = join(folder, name);
  writeFileSync(path, wavBytes(voiceSamples(1, 8000, seed), 8000));
  return path;
};
const configOf = (name: 'development' | 'testing' | 'production') =>
  library.StorageConfig.fromEnvironment(name, {}, environment);
const openRecorder = () =>
  library.openVoiceRecorder({
    environment: 'testing',
    dataDir: join(folder, 'store'),
    overrides: { stateDir: join(folder, 'state') },
  });
const sessionsOf = (config: library.StorageConfig) =>
  new library.SqliteSessions({ file: config.catalogueFile });

/** Everything the contract promises by name; what is not built yet is picked up when its name appears. */
const SNIPPETS: readonly { name: string; promise: string; run: () => Promise<void> }[] = [
  {
    name: 'StorageConfig',
    promise: 'has the limits of the three environments, and makes its folders',
    run: async () => {
      const development = configOf('development');
      expect(development.minDiskSpaceMb).toBe(50);
      expect(existsSync(development.rawRecordingsPath)).toBe(true);
      expect(development).toMatchObject({ maxFileMb: 500, retentionDays: 30, purgeTrash: false });
      expect(configOf('testing')).toMatchObject({
        minDiskSpaceMb: 10,
        enableDiskSpaceCheck: false,
        maxFileMb: 100,
        retentionDays: 7,
      });
      expect(configOf('production')).toMatchObject({
        minDiskSpaceMb: 500,
        enableDiskSpaceCheck: true,
        maxFileMb: 0,
        retentionDays: 365,
      });
      environment = { ...environment, VRP_MAX_FILE_MB: '0', VRP_PURGE_TRASH: 'on' };
      expect(configOf('testing')).toMatchObject({ maxFileMb: 0, purgeTrash: true });
    },
  },
  {
    name: 'FileMetadataCalculator',
    promise: 'calculates size, checksum, type and duration of a file',
    run: async () => {
      const calculator = nameOf<{ calculate(path: string): Promise<unknown> }>('FileMetadataCalculator');
      expect(await calculator.calculate(audioFile())).toMatchObject({
        filesizeBytes: 16_044,
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        mimeType: expect.stringMatching(/^audio\//),
        duration: 1,
      });
    },
  },
  {
    name: 'DatabaseContextManager',
    promise: 'gives sessions, counts them, and is usable with await using',
    run: async () => {
      await (await openRecorder()).close();
      const config = configOf('testing');
      let contexts: library.DatabaseContextManager;
      {
        await using opened = new library.DatabaseContextManager(sessionsOf(config), {});
        contexts = opened;
        const rows = await opened.withSession({ readonly: true }, (db) =>
          db.selectFrom('recordings').select('id').execute(),
        );
        expect(rows).toEqual([]);
        await expect(opened.withSession({}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
        expect(opened.getSessionMetrics()).toMatchObject({
          activeSessions: 0,
          totalSessions: 2,
          failedSessions: 1,
        });
      }
      await expect(contexts.withSession({ readonly: true }, async () => 1)).rejects.toMatchObject({
        code: 'catalogue-failed',
      });
    },
  },
  {
    name: 'DatabaseHealthMonitor',
    promise: 'says whether there is room, in bytes and in minutes',
    run: async () => {
      const config = configOf('testing');
      const found = await new library.DatabaseHealthMonitor(config).checkDiskSpace();
      expect(found.isHealthy).toBe(true);
      expect(found.totalBytes).toBeGreaterThan(found.freeBytes);
      expect(found.minutesLeft).toHaveProperty('voice', expect.any(Number));
      expect(found.minutesLeft['voice']).toBeGreaterThan(found.minutesLeft['archive'] ?? 0);
      environment = { ...environment, VRP_MIN_DISK_SPACE_MB: '100000000' };
      const full = await new library.DatabaseHealthMonitor(configOf('production')).checkDiskSpace();
      expect(full).toMatchObject({ isHealthy: false, minutesLeft: { voice: 0 } });
    },
  },
  {
    name: 'EnhancedFileStorageService',
    promise: 'saves, finds, checks and measures files of a recorder that is open',
    run: async () => {
      const recorder = await openRecorder();
      const contextManager = recorder.contextManager;
      const healthMonitor = new library.DatabaseHealthMonitor(recorder);
      const service = new library.EnhancedFileStorageService(contextManager, healthMonitor);
      expect(service).toMatchObject({ contextManager, healthMonitor });
      const saved = await service.saveRecording(audioFile(), { title: 'Harbour' });
      expect(saved).toMatchObject({ success: true, isDuplicate: false, recording: { title: 'Harbour' } });
      expect(saved.sessionMetrics.totalSessions).toBeGreaterThan(0);
      expect(await service.saveRecording(audioFile())).toMatchObject({
        isDuplicate: true,
        recordingId: saved.recordingId,
      });
      const path = await service.getRecordingFilePath(saved.recordingId);
      expect(readFileSync(path)).toEqual(readFileSync(audioFile()));
      expect(await service.validateRecordingIntegrity(saved.recordingId)).toMatchObject({ isValid: true });
      writeFileSync(path, 'damaged');
      expect(await service.validateRecordingIntegrity(saved.recordingId)).toMatchObject({ isValid: false });
      writeFileSync(join(folder, 'page.wav'), '<html></html>');
      await expect(service.saveRecording(join(folder, 'page.wav'))).rejects.toMatchObject({
        code: 'not-audio-content',
      });
      await recorder.library.peaks(saved.recordingId, { width: 4 }).catch(() => undefined);
      const dry = await service.cleanupOrphanedFiles();
      expect(dry.applied).toBeNull();
      expect(await service.cleanupOrphanedFiles({ dryRun: false })).toMatchObject({
        applied: { failed: [] },
      });
      expect(existsSync(path)).toBe(true);
      const metrics = await service.getStorageMetrics();
      expect(metrics).toMatchObject({ isHealthy: true, byKind: { file: { count: 1 } } });
      await recorder.close();
    },
  },
  {
    name: 'EnhancedFileStorageService',
    promise: 'opens the store by itself, on the same database as sessions of one’s own',
    run: async () => {
      const config = configOf('testing');
      await (await openRecorder()).close();
      await using contexts = new library.DatabaseContextManager(sessionsOf(config), {});
      await using service = new library.EnhancedFileStorageService(
        contexts,
        new library.DatabaseHealthMonitor(config),
      );
      const { recordingId } = await service.saveRecording(audioFile('own.wav', 2));
      const found = await new library.RecordingRepository(contexts, {
        nowMs: Date.now,
        monotonicMs: () => performance.now(),
      }).find(recordingId);
      expect(found).toMatchObject({ id: recordingId, status: 'active' });
    },
  },
  {
    name: 'EnhancedCloudSyncService',
    promise: 'has the method of the contract',
    run: async () => {
      const service = nameOf<{ prototype: object }>('EnhancedCloudSyncService');
      expect(service.prototype).toHaveProperty('syncRecording');
    },
  },
];

describe('the names of the contract', () => {
  for (const { name, promise, run } of SNIPPETS) {
    it.skipIf(!(name in library))(`${name} ${promise}`, run);
  }

  it('can be imported by the paths of the original', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      exports: Record<string, { default: string }>;
    };
    const paths = { './services': 'services/index', './services/file-storage': 'services/file-storage' };
    for (const [path, file] of Object.entries(paths)) {
      expect(manifest.exports[path]).toMatchObject({ default: `./dist/${file}.js` });
      expect(existsSync(new URL(`../src/${file}.ts`, import.meta.url))).toBe(true);
    }
    expect(services.EnhancedFileStorageService).toBe(library.EnhancedFileStorageService);
  });
});

function nameOf<Kind>(name: string): Kind {
  return (library as unknown as Record<string, unknown>)[name] as Kind;
}
