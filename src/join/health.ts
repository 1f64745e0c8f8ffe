import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpegVersion } from 'node-av/ffmpeg';
import type { Alerts } from '../alerts/alerts.ts';
import type { Backups } from '../backup/catalogue-backups.ts';
import { proveWritable } from '../blobs/write-probe.ts';
import { judgePreflight, type PreflightDesk } from '../capacity/preflight.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { findMarker, type StoreMarker } from '../config/store-marker.ts';
import { readThrough } from '../database/integrity.ts';
import { databaseAnswers, databaseIntegrity, databaseLatency, walSize } from '../health/checks/database.ts';
import { lastBackup } from '../health/checks/database-backup.ts';
import { diskForecast, diskSpace, inodes } from '../health/checks/disk.ts';
import { eventLoop, LoopDelay, memory, openFiles, wallClock } from '../health/checks/process.ts';
import { oldestUnverified, recordingFaults, storeMarker } from '../health/checks/recordings.ts';
import { fileSystemKind, storeWritable, syncLatency } from '../health/checks/store-disk.ts';
import { versions } from '../health/checks/versions.ts';
import { deadJobs, jobBacklog, type MediaEnds, mediaProcess, spoolAge } from '../health/checks/work.ts';
import type { Health } from '../health/health.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { HealthMonitor } from '../health/health-monitor.ts';
import { HealthPast } from '../health/health-past.ts';
import { readMemory, readOpenFiles } from '../health/machine-readings.ts';
import { NEEDED_TO_RECORD, Readiness } from '../health/readiness.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { EventHub } from '../library/event-hub.ts';
import type { StoreSpace } from '../library/store-space.ts';
import type { Clock } from '../model/clock.ts';
import type { Preflight, PreflightWish } from '../model/preflight.ts';
import { DEFAULT_PRESET } from '../model/preset.ts';
import type { VerificationResult } from '../model/verification.ts';
import type { LogListener } from '../open-options.ts';
import type { UnfinishedUpload } from '../record/uploads-desk.ts';
import type { StorageReport } from '../voice-recorder.ts';
import { joinAlerts } from './alerts.ts';
import type { JoinedCapacity } from './space.ts';
import { tryWriting } from './try-writing.ts';

const MB = 1_000_000;

export interface HealthParts {
  readonly config: StorageConfig;
  readonly marker: StoreMarker;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly space: StoreSpace;
  readonly capacity: Pick<JoinedCapacity, 'acceptanceAt' | 'keepFreeBytes' | 'isOverloaded' | 'roomBytes'>;
  readonly backups: Backups;
  readonly queue: Pick<JobQueue, 'count'>;
  readonly mediaEnds: MediaEnds;
  readonly events: EventHub;
  listUnfinished(): Promise<readonly UnfinishedUpload[]>;
  storageReport(): Promise<StorageReport>;
  /** It goes on for long enough that its own event loop matters. */
  readonly isServer: boolean;
  readonly log: LogListener;
}

export interface JoinedHealth {
  readonly health: Health;
  isReady(): Promise<boolean>;
  readonly alerts: Alerts;
  preflight(wish?: PreflightWish): Promise<Preflight>;
  /** Begins the rounds, and takes up earlier alerts; the returned function ends them. */
  start(): Promise<() => Promise<void>>;
  close(): void;
}

/** Joins the room `health` with everything that has something to tell. */
export function joinHealth(parts: HealthParts): JoinedHealth {
  const { catalogue, clock, config, events, log } = parts;
  const loopDelay = new LoopDelay();
  const past = new HealthPast({
    clock,
    append: (samples) => catalogue.health.append(samples),
    read: (name, since, limit) => catalogue.health.read(name, since, limit),
    prune: (name, before) => catalogue.health.prune(name, before),
    onFault: (error) => log('debug', 'What the health checks found could not be kept.', { error }),
  });
  const monitor = new HealthMonitor({
    clock,
    past,
    roundMs: config.healthSeconds * 1000,
    onFault: (error) => log('error', 'A listener to health failed.', { error }),
  });
  const all = [
    ...databaseChecks(parts),
    ...diskChecks(parts),
    ...recordingChecks(parts),
    ...workChecks(parts),
    ...processChecks(parts, loopDelay),
  ];
  for (const check of all) monitor.watch(check);
  // What a reading found stands in the catalogue before it is told.
  events.subscribe((event) => {
    if (event.type === 'recording-changed') monitor.hurry('recordings');
  });
  const alerts = joinAlerts({ config, clock, catalogue, health: monitor, events, log });
  const readiness = new Readiness(() => monitor.ask(NEEDED_TO_RECORD));
  return {
    health: monitor,
    isReady: () => readiness.isReady(),
    preflight: async (wish = {}) => judgePreflight(preflightDesk(parts, monitor), wish),
    alerts,
    async start() {
      const stopAlerts = await alerts.start();
      const stopRounds = config.healthSeconds === 0 ? undefined : monitor.start();
      return async () => {
        await stopRounds?.();
        await stopAlerts();
      };
    },
    close: () => loopDelay.close(),
  };
}

function preflightDesk(
  { catalogue, capacity, config, space }: HealthParts,
  monitor: HealthMonitor,
): PreflightDesk {
  return {
    ask: (names) => monitor.ask(names),
    readSpace: () => space.read(),
    roomBytes: (room) => capacity.roomBytes(room),
    acceptanceAt: (room) => capacity.acceptanceAt(room),
    maxFileBytes: config.maxFileMb === 0 ? null : config.maxFileMb * MB,
    isOverloaded: () => capacity.isOverloaded(),
    recordingCount: async () => (await catalogue.recordings.totals()).recordingCount,
  };
}

function databaseChecks({ catalogue, clock, config, backups, marker }: HealthParts): HealthCheck[] {
  const desk = { read: () => catalogue.recordings.totals(), write: () => tryWriting(catalogue) };
  const file = config.catalogueFile;
  const ofFile = [
    walSize(() =>
      stat(`${file}-wal`).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
    databaseIntegrity((isFull, signal) => readThrough({ file, depth: isFull ? 'full' : 'quick' }, signal)),
  ];
  const backup = lastBackup({
    nowMs: () => clock.nowMs(),
    list: () => backups.list(),
    open: async (name, signal) => {
      await readThrough({ file: join(config.backupPath, name), depth: 'snapshot' }, signal);
    },
    storeSinceMs: Date.parse(marker.createdAt),
  });
  return [
    databaseAnswers(desk),
    databaseLatency(desk),
    ...(config.database.kind === 'postgres' ? [] : ofFile),
    ...(config.backups && !config.database.isShared ? [backup] : []),
  ];
}

function diskChecks({ config, clock, space, capacity, storageReport }: HealthParts): HealthCheck[] {
  const read = async () => {
    const reading = await space.read();
    const minutes = await space.minutesLeft([DEFAULT_PRESET]);
    return {
      ...reading,
      acceptance: capacity.acceptanceAt(reading),
      keepFreeBytes: capacity.keepFreeBytes,
      isShort: space.isShort,
      minutesLeft: minutes[DEFAULT_PRESET.id] ?? 0,
    };
  };
  const prove = () => proveWritable(config.dataDir);
  const fullOn = async () => {
    const { forecast } = await storageReport();
    return forecast === null ? undefined : forecast.fullOn;
  };
  return [
    diskSpace(read),
    inodes(read),
    diskForecast({ nowMs: () => clock.nowMs(), fullOn }),
    storeWritable(prove),
    syncLatency(prove),
    fileSystemKind({
      type: async () => (await statfs(config.dataDir)).type,
      hasSqlite: config.database.kind === 'sqlite',
    }),
  ];
}

function recordingChecks({ config, clock, catalogue, marker }: HealthParts): HealthCheck[] {
  const read = async () => {
    const { oldest, neverVerifiedCount, faults } = await catalogue.verification.report();
    const count = (wanted: VerificationResult) => faults.filter(({ result }) => result === wanted).length;
    const came = oldest && (await catalogue.recordings.find(oldest.id))?.createdAt;
    return {
      missing: count('missing'),
      damaged: count('damaged'),
      unreadable: count('unreadable'),
      oldestAt: oldest?.lastVerifiedAt ?? came ?? undefined,
      neverVerifiedCount,
    };
  };
  return [
    storeMarker(async () => {
      const found = await findMarker(config);
      if (found?.id === marker.id) return undefined;
      return found === undefined
        ? `${config.dataDir} has no vrp-store.json any more: it is not the store that was opened.`
        : `Another store lies in ${config.dataDir} than the one that was opened.`;
    }),
    recordingFaults(read),
    oldestUnverified({
      nowMs: () => clock.nowMs(),
      read,
      patrolDays: config.patrolMbPerSecond === 0 ? 0 : config.patrolDays,
    }),
  ];
}

function workChecks({ clock, queue, mediaEnds, listUnfinished }: HealthParts): HealthCheck[] {
  const figures = async () => {
    const { queued, dead } = await queue.count();
    return { waiting: queued, dead };
  };
  return [
    spoolAge({ nowMs: () => clock.nowMs(), read: async () => spoolFigures(await listUnfinished()) }),
    jobBacklog(figures),
    deadJobs(figures),
    mediaProcess(mediaEnds),
  ];
}

function spoolFigures(unfinished: readonly UnfinishedUpload[]) {
  const times = unfinished.map(({ lastActivityAt }) => lastActivityAt).sort();
  return {
    count: unfinished.length,
    oldestAt: times[0] ?? null,
    abandonedCount: unfinished.filter(({ adoptedAs }) => adoptedAs !== null).length,
  };
}

function processChecks({ clock, config, isServer }: HealthParts, loopDelay: LoopDelay): HealthCheck[] {
  return [
    ...(isServer ? [eventLoop(loopDelay)] : []),
    memory(readMemory),
    openFiles(readOpenFiles),
    wallClock({
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      fileTimeMs: () =>
        proveWritable(config.dataDir).then(
          ({ fileTimeMs }) => fileTimeMs,
          () => undefined,
        ),
    }),
    versions({
      node: process.versions.node,
      sqlite: process.versions['sqlite'] ?? 'unknown',
      ffmpeg: ffmpegVersion(),
    }),
  ];
}
