import { type DiskBlobs, openDiskBlobs } from '../blobs/disk-blobs.ts';
import { openFileHasher } from '../blobs/file-checksum.ts';
import { ReadingPace } from '../blobs/reading-pace.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { readMarker } from '../config/store-marker.ts';
import type { IngestDesk } from '../ingest/ingest-desk.ts';
import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Activity } from '../library/activity.ts';
import type { Media } from '../media/media.ts';
import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { FixityCheck, ReconcileReport } from '../model/verification.ts';
import type { AroundWork } from '../open-options.ts';
import { CheckBook } from '../verify/check-book.ts';
import { StoreFixityLog } from '../verify/fixity-log.ts';
import { type PatrolDesk, patrolHandler, startPatrol } from '../verify/patrol.ts';
import type { FetchCopy } from '../verify/repairer.ts';
import type { Verification } from '../verify/verification.ts';
import { Verifier } from '../verify/verifier.ts';
import { findHere } from './find-here.ts';
import { joinReconcile } from './reconcile.ts';
import { joinRepair, type RepairParts } from './repair.ts';

const MB = 1_000_000;
const PROGRESS_INTERVAL_MS = 200;

export interface VerificationParts {
  readonly config: StorageConfig;
  readonly storeId: string;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly ingest: IngestDesk;
  readonly spool: RepairParts['spool'];
  readonly media: Media;
  /** Where sound copies of damaged originals come from. */
  readonly fetchCopy: FetchCopy;
  readonly queue: JobQueue;
  readonly drainSidecars: () => Promise<void>;
  readonly activity: Activity;
  readonly aroundLongWork: AroundWork | undefined;
  /** Told of each check that is entered. */
  onCheck(check: FixityCheck): void;
  readonly log: (
    level: 'warn' | 'error',
    message: string,
    details: Readonly<Record<string, unknown>>,
  ) => void;
}

export interface JoinedVerification {
  readonly verification: Verification;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** Bytes of originals that were read again so far; those of a check that was asked for, once it is over. */
  checkedBytes(): number;
  /** Begins the patrol; the returned function ends it. Without a wish for one, nothing happens. */
  startPatrol(): () => void;
  close(): Promise<void>;
}

/** Joins the room `verify` with disk, catalogue and jobs. */
export async function joinVerification(parts: VerificationParts): Promise<JoinedVerification> {
  const { config, clock, catalogue, blobs } = parts;
  const fixityLog = new StoreFixityLog(config.dataDir);
  const book = new CheckBook({
    appendToLog: (checks) => fixityLog.append(checks),
    enter: (checks) => catalogue.verification.enter(checks),
    onChanged: (recording) => parts.ingest.onChanged?.(recording),
  });
  const desk = {
    clock,
    find: (id: string) => findHere(catalogue, id),
    turns: parts.ingest.turns,
    requireStore: () => requireStore(parts),
    enter: async (check: FixityCheck) => {
      await book.enter(check);
      parts.onCheck(check);
    },
  };
  const verifier = new Verifier({ ...desk, examine: (key, options) => blobs.examine(key, options) });
  // A thread of its own: a slow reading must not hold up those who wait for a checksum.
  const patrolHasher = openFileHasher({ workerCount: 1 });
  const patrolBlobs = await openDiskBlobs({ root: config.dataDir, hasher: patrolHasher });
  const patrolVerifier = new Verifier({
    ...desk,
    examine: (key, options) => patrolBlobs.examine(key, options),
  });
  const patrolPace = new ReadingPace();
  let askedBytes = 0;
  const patrolDesk: PatrolDesk = {
    clock,
    queue: parts.queue,
    listOldest: (limit, before) => catalogue.verification.listOldest(limit, before),
    countDue: (before) => catalogue.verification.countDue(before),
    verify: (id, options) => patrolVerifier.verify(id, options),
    pace: patrolPace,
    bytesPerSecond: config.patrolMbPerSecond * MB,
    days: config.patrolDays,
    isBusy: () => parts.activity.isBusy(),
    onFault: ({ message, ...check }) => parts.log('error', message ?? 'A recording is not sound.', check),
    onFailure: (error) => parts.log('error', 'The patrol could not begin its round.', { error }),
  };
  const verify: Verification['verify'] = async (id, { signal, onProgress } = {}) => {
    const pace = new ReadingPace();
    const timer = onProgress && setInterval(() => onProgress(pace.bytesRead), PROGRESS_INTERVAL_MS);
    try {
      return await verifier.verify(id, { signal, pace });
    } finally {
      clearInterval(timer);
      askedBytes += pace.bytesRead;
    }
  };
  const { ingest, spool, media, drainSidecars, fetchCopy } = parts;
  const reconcile = joinReconcile(
    { dataDir: config.dataDir, catalogue, blobs, ingest, drainSidecars, around: parts.aroundLongWork },
    { requireStore: desk.requireStore, verify: (id, signal) => verify(id, signal ? { signal } : {}) },
  );
  const repairParts = { derivedPath: config.derivedPath, ingest, spool, media, blobs, fetchCopy };
  return {
    verification: {
      verify,
      repair: joinRepair({ ...repairParts, catalogue }, verify),
      reconcile,
      report: () => catalogue.verification.report(),
    },
    handlers: {
      patrol: patrolHandler(patrolDesk),
      reconcile: { run: async (_payload, { signal }) => tell(parts, await reconcile({ signal })) },
    },
    checkedBytes: () => askedBytes + patrolPace.bytesRead,
    startPatrol: () => (config.patrolMbPerSecond === 0 ? () => undefined : startPatrol(patrolDesk)),
    close: () => patrolHasher.close(),
  };
}

function tell({ log }: VerificationParts, { failed, ...counts }: ReconcileReport): void {
  for (const { message, ...facts } of failed) log('warn', message, facts);
  if (Object.values(counts).some((count) => count > 0)) {
    log('warn', 'Catalogue, files and sidecars did not agree and do now.', { ...counts });
  }
}

function requireStore({ config, storeId }: Pick<VerificationParts, 'config' | 'storeId'>): void {
  const found = readMarker(config);
  if (found?.id === storeId) return;
  throw new VoiceRecorderError(
    'store-marker-missing',
    `${config.dataDir} is not the store ${storeId} any more (${found ? `it is ${found.id}` : 'it has no vrp-store.json'}): ` +
      'nothing in it was called missing. If its disk is not mounted, mount it and start again.',
    { details: { dataDir: config.dataDir, storeId } },
  );
}
