import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { type CrashReport, type FaultCounts, makeReport } from './crash-report.ts';
import { possibleFaults } from './fault-maker.ts';
import { fillDiskInMidTake } from './full-disk-phase.ts';
import { HttpClient } from './http-client.ts';
import { inspectServer } from './inspect-server.ts';
import { judgePromises, type Leftovers } from './judge-promises.ts';
import { Ledger } from './ledger.ts';
import { KEEP_FREE_MB, makeRunFolder, type RunFolder } from './run-folder.ts';
import { seededRandom } from './seeded-random.ts';
import { ServerProcess } from './server-process.ts';
import { openSmallDisk, type SmallDisk } from './small-disk.ts';
import { storm } from './storm.ts';
import { readToken, vrpEnvironment } from './vrp-command.ts';

export interface CrashTestOptions {
  readonly seconds: number;
  readonly seed: number;
  /** The run makes one folder in it, and nothing outside of that. */
  readonly parentFolder: string;
  /** A folder on a small file system that may be filled; null: one is mounted, where that is possible. */
  readonly smallFolder: string | null;
  /** True: the folder stays even when nothing was lost. */
  readonly isKept: boolean;
  /** Aborted when the person wants it to end; what was done so far is judged. */
  readonly interruption: AbortSignal;
  onProgress?(progress: CrashProgress): void;
}

/** What a person may want to know while it runs. */
export interface CrashProgress {
  readonly phase: 'starting' | 'faults' | 'finishing' | 'judging' | 'full disk';
  /** Until the faults cease. */
  readonly secondsLeft: number;
  readonly acknowledgedBytes: number;
  readonly faults: number;
  readonly losses: number;
}

const PROGRESS_MS = 1000;
/** The part of the time that is left for the full disk. */
const FULL_DISK_SHARE = 0.2;
const LONGEST_FULL_DISK_MS = 60_000;
const LEAST_ALLOWED_SHARE = 0.1;

/**
 * Runs a real server on a store of its own, uses it in every way at once while everything goes wrong, and then holds
 * what is there against what was promised. Rejects only when it could not be run: `disk-full`, or a fault of its own.
 */
export async function runCrashTest(options: CrashTestOptions): Promise<CrashReport> {
  const folder = await makeRunFolder(options.parentFolder);
  let report: CrashReport;
  try {
    report = await runIn(folder, options);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new VoiceRecorderError(
      'internal',
      `The run broke off: ${message} What it made lies in ${folder.path}.`,
      {
        cause,
      },
    );
  }
  if (report.folder === null) await folder.remove();
  return report;
}

/** What is counted while it runs. */
interface Run {
  readonly options: CrashTestOptions;
  readonly folder: RunFolder;
  /** Of the store on the big disk, and of each one on the small disk. */
  readonly ledgers: Ledger[];
  readonly faults: FaultCounts;
  phase: CrashProgress['phase'];
  endsAtMs: number;
}

async function runIn(folder: RunFolder, options: CrashTestOptions): Promise<CrashReport> {
  const startedAt = toIsoUtc(Date.now());
  const startMs = performance.now();
  const run: Run = { options, folder, ledgers: [], faults: {}, phase: 'starting', endsAtMs: 0 };
  const small = await openSmallDisk(folder.path, options.smallFolder);
  const timer = setInterval(() => tell(run), PROGRESS_MS);
  try {
    const totalMs = options.seconds * 1000;
    const smallMs = typeof small === 'string' ? 0 : Math.min(LONGEST_FULL_DISK_MS, totalMs * FULL_DISK_SHARE);
    const found = await runOnBigDisk(run, totalMs - smallMs);
    let smallRecordings = 0;
    if (typeof small !== 'string') {
      run.phase = 'full disk';
      run.endsAtMs = performance.now() + smallMs;
      smallRecordings = await runOnSmallDisk(run, small);
    }
    const losses = run.ledgers.flatMap((ledger) => ledger.losses);
    const leftOut = [...possibleFaults().leftOut, ...(typeof small === 'string' ? [small] : [])];
    return makeReport({
      seed: options.seed,
      startedAt,
      seconds: (performance.now() - startMs) / 1000,
      isInterrupted: options.interruption.aborted,
      acknowledgedBytes: sum(run, (ledger) => ledger.acknowledgedBytes),
      uploads: sum(run, (ledger) => ledger.uploads.size),
      imports: sum(run, (ledger) => ledger.imports.length),
      amendments: sum(run, (ledger) => ledger.amendmentCount),
      ...found,
      recordings: found.recordings + smallRecordings,
      losses,
      faults: run.faults,
      leftOut,
      folder: options.isKept || losses.length > 0 ? folder.path : null,
    });
  } finally {
    clearInterval(timer);
    for (const ledger of run.ledgers) await ledger.close();
    if (typeof small !== 'string') await small.close();
  }
}

type Found = Leftovers & { readonly recordings: number; readonly slowestRecoverySeconds: number };

async function runOnBigDisk(run: Run, stormMs: number): Promise<Found> {
  const { folder, options } = run;
  const place = { dataDir: join(folder.path, 'data'), stateDir: join(folder.path, 'state') };
  const sourceFolder = join(folder.path, 'sources');
  await mkdir(place.stateDir);
  await mkdir(sourceFolder);
  const ledger = await openLedger(run, 'acknowledged.jsonl');
  const env = vrpEnvironment(place, KEEP_FREE_MB);
  const server = new ServerProcess({
    env,
    logFile: join(folder.path, 'server.log'),
    onUnexpectedEnd: (how) => ledger.lose('server', `The server ended by itself: ${how}.`),
  });
  const lose = (error: unknown) => {
    ledger.lose('server', error instanceof Error ? error.message : String(error));
  };
  const nothing = { recordings: 0, recoveredCount: 0, unfinishedCount: 0, slowestRecoverySeconds: 0 };
  try {
    await server.start();
    const token = await readToken(env);
    run.phase = 'faults';
    run.endsAtMs = performance.now() + stormMs;
    const timeIsOver = AbortSignal.timeout(Math.round(stormMs));
    await storm({
      server,
      env,
      token,
      ledger,
      seed: options.seed,
      sourceFolder,
      allowedBytes: () => allowedBytes(run),
      ending: AbortSignal.any([options.interruption, timeIsOver]),
      onFault: (kind, hits) => count(run, kind, hits),
      onCalm: () => {
        run.phase = 'finishing';
      },
    }).catch(lose);
    run.phase = 'judging';
    await server.kill();
    try {
      await server.start();
    } catch (error) {
      // Then nothing can be said of what it holds, but that it lies in the folder.
      lose(error);
      return nothing;
    }
    const client = new HttpClient({ port: server.port, host: `127.0.0.1:${server.port}`, token });
    const recordings = await inspectServer(client, ledger);
    client.close();
    const exitCode = await server.stop();
    if (exitCode !== 0)
      ledger.lose('server', `The server did not stop cleanly: its exit code is ${exitCode}.`);
    const leftovers = await judgePromises(place.dataDir, ledger, recordings);
    const slowestRecoverySeconds = server.slowestStartSeconds;
    return { ...leftovers, recordings: recordings.length, slowestRecoverySeconds };
  } finally {
    await server.kill();
  }
}

/** Audio that may be there by now: the room is spread over the whole time. */
function allowedBytes({ folder, options, endsAtMs }: Run): number {
  const shareLeft = Math.max(0, endsAtMs - performance.now()) / (options.seconds * 1000);
  return folder.mostAudioBytes * Math.max(LEAST_ALLOWED_SHARE, 1 - shareLeft);
}

/**
 * Fills the small disk again and again, each time under a new store, for as long as there is time; once at least.
 * Resolves to the number of recordings.
 */
async function runOnSmallDisk(run: Run, small: SmallDisk): Promise<number> {
  const { options, folder } = run;
  const random = seededRandom(options.seed);
  let recordings = 0;
  for (let round = 1; !options.interruption.aborted; round++) {
    const ledger = await openLedger(run, `acknowledged-small-${round}.jsonl`);
    const roundFolder = join(small.folder, `round-${round}`);
    recordings += await fillDiskInMidTake({
      folder: roundFolder,
      logFile: join(folder.path, 'server-small.log'),
      ledger,
      random,
      giveUp: options.interruption,
      onFull: () => count(run, 'disk-full', 1),
      onKill: () => count(run, 'kill-server', 1),
    });
    if (ledger.losses.length > 0) {
      // What lies on the small disk goes with it.
      await cp(roundFolder, join(folder.path, `small-${round}`), { recursive: true });
      break;
    }
    await rm(roundFolder, { recursive: true });
    if (performance.now() >= run.endsAtMs) break;
  }
  return recordings;
}

async function openLedger(run: Run, name: string): Promise<Ledger> {
  const ledger = await Ledger.open(join(run.folder.path, name));
  run.ledgers.push(ledger);
  return ledger;
}

function count({ faults }: Run, kind: keyof FaultCounts, hits: number): void {
  faults[kind] = (faults[kind] ?? 0) + hits;
}

function sum({ ledgers }: Run, of: (ledger: Ledger) => number): number {
  return ledgers.reduce((total, ledger) => total + of(ledger), 0);
}

function tell(run: Run): void {
  run.options.onProgress?.({
    phase: run.phase,
    secondsLeft: Math.max(0, (run.endsAtMs - performance.now()) / 1000),
    acknowledgedBytes: sum(run, (ledger) => ledger.acknowledgedBytes),
    faults: Object.values(run.faults).reduce((total, hits) => total + hits, 0),
    losses: sum(run, (ledger) => ledger.losses.length),
  });
}
