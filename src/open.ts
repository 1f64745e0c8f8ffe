import { openAccess } from './access/open-access.ts';
import { openDiskBlobs } from './blobs/disk-blobs.ts';
import { openFileHasher } from './blobs/file-checksum.ts';
import { ONE_AT_A_TIME } from './catalogue/connect-catalogue.ts';
import { SidecarWriter } from './catalogue/sidecar-writer.ts';
import { StorageConfig } from './config/storage-config.ts';
import { takeStoreLock } from './config/store-lock.ts';
import { claimStore } from './config/store-marker.ts';
import { MediaEnds } from './health/checks/work.ts';
import type { IngestDesk } from './ingest/ingest-desk.ts';
import { adoptRecovered, ingestSpooled } from './ingest/ingest-spooled.ts';
import { recoverPlacing } from './ingest/recover-placing.ts';
import { Turns } from './ingest/turns.ts';
import { startAdoptionRounds } from './join/adoption-rounds.ts';
import { joinBackups } from './join/backups.ts';
import { openStoreCatalogue } from './join/catalogue.ts';
import { joinCopies } from './join/copies.ts';
import { joinDerivedWork } from './join/derived-work.ts';
import { joinHealth } from './join/health.ts';
import { startJobs } from './join/jobs.ts';
import { joinLibrary } from './join/library.ts';
import { startSidecarSearch } from './join/lost-sidecars.ts';
import { followOtherServers } from './join/other-servers.ts';
import { serverWait, sessionLimits } from './join/session-limits.ts';
import { joinCapacity, spaceOf } from './join/space.ts';
import { openStoredFiles } from './join/stored-files.ts';
import { joinVerification } from './join/verification.ts';
import { Activity } from './library/activity.ts';
import { EventHub } from './library/event-hub.ts';
import { joinJobs } from './library/joined-jobs.ts';
import { Tally } from './library/tally.ts';
import { openMedia } from './media/open-media.ts';
import { systemClock } from './model/clock.ts';
import type { LogListener, OpenOptions } from './open-options.ts';
import { BackgroundWork } from './record/background-work.ts';
import { openUploads } from './record/open-uploads.ts';
import { readAdoptedAs } from './record/upload-info.ts';
import type { VoiceRecorder } from './voice-recorder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MB = 1_000_000;

/**
 * Opens a store: takes its lock, brings its database up to date, finishes what an earlier run left half done, and
 * joins the rooms. Takes of clients are checked in the background while it already serves.
 * Rejects with `config-invalid`, `store-not-writable`, `store-locked`, `store-marker-missing`, `store-marker-invalid`,
 * `store-too-new`, `catalogue-damaged`, `catalogue-missing` or `catalogue-too-new`, with PostgreSQL also with
 * `database-refused`, `catalogue-failed`, `catalogue-of-other-store` or `interrupted`; nothing is then left open.
 */
export async function openVoiceRecorder(options: OpenOptions = {}): Promise<VoiceRecorder> {
  const clock = options.clock ?? systemClock;
  const runsJobs = options.runsJobs ?? true;
  const log: LogListener = options.log ?? (() => undefined);
  const logged = (message: string) => (error: unknown) => log('error', message, { error });
  const config = StorageConfig.fromEnvironment(options.environment, {
    ...options.overrides,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
  });
  await using opened = new AsyncDisposableStack();
  const lock = await takeStoreLock(config.lockFile, clock, options.lockWaitMs ?? 0);
  opened.defer(() => lock.release());
  const marker = claimStore(config, clock, options.isNewStore ?? false);

  const space = spaceOf(config, log);
  opened.defer(() => space.close());
  await space.makeRoomToOpen();
  const catalogue = await openStoreCatalogue(config, marker.id, {
    clock,
    ...(runsJobs ? { serverWait: serverWait(config, log, options.signal) } : ONE_AT_A_TIME),
    onDiskFull: () => void space.releaseReserve().catch(logged('The reserve could not be given up.')),
    contextConfig: sessionLimits(config, log),
  });
  opened.defer(() => catalogue.close());
  const noting = new BackgroundWork();
  opened.defer(() => noting.settle());
  const hasher = openFileHasher();
  opened.defer(() => hasher.close());
  const blobs = await openDiskBlobs({
    root: config.dataDir,
    hasher,
    logger: { warn: (facts, sentence) => log('warn', sentence, facts) },
  });
  opened.defer(() => blobs.close());
  const mediaEnds = new MediaEnds();
  const tally = new Tally(clock);
  const media = openMedia({
    onEvent: (event) => {
      mediaEnds.hear(event);
      tally.noteMedia(event);
      log('debug', `media child: ${event.type}`, { ...event });
    },
  });
  opened.defer(() => media.close());
  const events = new EventHub(logged('An event listener failed.'));
  events.subscribe((event) => tally.noteEvent(event, marker.id));
  const capacity = joinCapacity(config, space, { clock, events });
  const sidecars = new SidecarWriter({
    outbox: catalogue.outbox,
    putDocument: (key, content) => blobs.putDocument(key, content),
    onFailure: (recordingId, error) =>
      log('error', 'A sidecar could not be written.', { recordingId, error }),
  });
  opened.defer(() => sidecars.close());

  const { derived, takeFiles, queue, measuring, jobs, spoolThreadEntry, peaksPlace } = joinDerivedWork({
    ...{ config, storeId: marker.id, clock, catalogue, blobs, media },
    requireRoomToDerive: () => capacity.requireRoomToDerive(),
    isTakeArriving: (takeId) => uploads.isTakeArriving(takeId),
    onMeasured: (recording) => ingestDesk.onChanged?.(recording),
    logged,
  });
  const ingestDesk: IngestDesk = {
    blobs,
    media,
    recordings: catalogue.recordings,
    clock,
    turns: new Turns(),
    spoolPath: config.spoolPath,
    findSuperseded: (uploadId) => readAdoptedAs(config.spoolPath, uploadId),
    hashFile: (path, signal) => hasher.hashFile(path, signal),
    // Its sidecar lies beside it already.
    onAdded: (recording) => {
      events.publish({ type: 'recording-added', recording });
      noting.attend(jobs.enqueue(recording).catch(logged('Derived work was not noted down.')));
    },
    onChanged: (recording) => {
      sidecars.wake();
      events.publish({ type: 'recording-changed', recording });
    },
    onDiskFull: () => space.releaseReserve(),
    log,
  };
  const activity = new Activity(clock);
  const copying = joinCopies({
    ...{ config, storeId: marker.id, clock, catalogue, queue, events, log },
    localPath: (key) => blobs.localPath(key),
    wakeSidecars: () => sidecars.wake(),
  });
  const care = await joinVerification({
    ...{ config, storeId: marker.id, clock, catalogue, blobs },
    fetchCopy: copying.fetchCopy,
    ingest: ingestDesk,
    spool: {
      copyIn: (path, wish, copyOptions) => uploads.copyIn(path, wish, copyOptions),
      discardSpooled: (id) => uploads.discardSpooled(id),
    },
    media,
    queue,
    drainSidecars: () => sidecars.drain(),
    activity,
    log,
    aroundLongWork: options.aroundLongWork,
    onCheck: ({ result }) => tally.noteCheck(result),
  });
  opened.defer(() => care.close());
  const placing = await recoverPlacing(ingestDesk);
  for (const failed of placing.failed)
    log('error', 'A half-placed recording could not be settled.', { ...failed });
  const maxFileBytes = config.maxFileMb === 0 ? null : config.maxFileMb * MB;
  const spool = await openUploads({
    spoolPath: config.spoolPath,
    threadEntry: spoolThreadEntry,
    clock,
    maxFileBytes,
    expiryMs: config.uploadExpiryDays * DAY_MS,
    complete: (spooled) => ingestSpooled(ingestDesk, spooled),
    findReceipt: (uploadId) => catalogue.recordings.findReceipt(uploadId),
    adoptRecovered: (spooled, uploadId) => adoptRecovered(ingestDesk, spooled, uploadId),
    freeBytes: () => space.usableBytes(),
    onDiskFull: () => space.releaseReserve(),
    onProgress(event, { kind, addedBytes }) {
      activity.note();
      tally.noteBytes(event.uploadId, kind, addedBytes);
      // Whoever presses Stop waits for the probe, but not for the start of its process.
      media.prepareProbe();
      events.publish(event);
    },
    log,
  });
  const uploads = capacity.reserving(spool);
  opened.defer(() => uploads.close());
  const recovery = await uploads.recover();
  recovery.done.then(
    (report) => log('info', 'The spool is checked.', { ...report }),
    logged('Checking the spool failed.'),
  );
  sidecars.drain().catch(logged('Owed sidecars could not be written.'));

  if (runsJobs) {
    opened.defer(capacity.watchPressure());
    const stopJobs = await startJobs({
      queue,
      handlers: { ...jobs.handlers, ...care.handlers, ...copying.handlers },
      publish: (event) => events.publish(event),
      onFault: logged('The job queue failed.'),
    });
    opened.defer(measuring.start());
    if (await catalogue.stores.isShared())
      opened.defer(await followOtherServers({ catalogue, sidecars, events, log }));
    space.keepReserve();
    opened.defer(startSidecarSearch({ dataDir: config.dataDir, catalogue, sidecars, log }));
    opened.defer(stopJobs);
    opened.defer(care.startPatrol());
    opened.defer(copying.start());
    opened.defer(startAdoptionRounds(uploads, logged('Adopting old takes failed.')));
  }
  const access = await openAccess({
    repository: catalogue.access,
    stateFolder: config.stateDir,
    storeId: marker.id,
    clock,
  });
  const { library, takes } = joinLibrary({
    config,
    maxFileBytes,
    catalogue,
    blobs,
    ingest: ingestDesk,
    uploads,
    space,
    sidecars,
    derived,
    takeFiles,
    peaksPlace,
    activity,
    publish: (event) => events.publish(event),
  });
  const { files, cleanup, startPurgeRounds } = await openStoredFiles({
    config,
    catalogue,
    blobs,
    sidecars,
    derived,
    takeFiles,
    turns: ingestDesk.turns,
    library,
    uploads,
    clock,
    verify: care.verification.verify,
    releaseReserve: () => space.releaseReserve(),
    publish: (event) => events.publish(event),
    log,
  });
  if (runsJobs) opened.defer(startPurgeRounds());
  const backups = joinBackups({ config, catalogue, clock, log }, runsJobs);
  opened.defer(() => backups.close());

  const storageReport: VoiceRecorder['storageReport'] = ({ isThorough = false } = {}) =>
    capacity.report({ catalogue, recommend: () => cleanup.recommend() }, isThorough);
  const { health, alerts, isReady, preflight, ...healthRounds } = joinHealth({
    config,
    marker,
    clock,
    catalogue,
    space,
    capacity,
    backups,
    queue,
    mediaEnds,
    events,
    listUnfinished: () => uploads.listUnfinished(),
    storageReport,
    isServer: runsJobs,
    log,
  });
  opened.defer(() => healthRounds.close());
  if (runsJobs) opened.defer(await healthRounds.start());

  const everything = opened.move();
  return {
    storeId: marker.id,
    dataDir: config.dataDir,
    library,
    takes,
    uploads,
    files,
    cleanup,
    contextManager: catalogue.contexts,
    access,
    verification: care.verification,
    backups,
    jobs: joinJobs({ queue, recordings: catalogue.recordings }),
    copies: copying.copies,
    stores: () => catalogue.stores.list(),
    subscribe: (listener) => events.subscribe(listener),
    storageReport,
    ...{ health, alerts, preflight },
    isReady,
    room: () => capacity.room(),
    figures: () => tally.figures(care.checkedBytes()),
    close: () => everything.disposeAsync(),
  };
}

export { openProber, probeFile } from './probe-file.ts';
