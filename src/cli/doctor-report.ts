import { createReadStream } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import { StorageConfig } from '../config/storage-config.ts';
import { logFilesOf } from '../log/log-file.ts';
import { hideFileNames, hideSecrets } from '../log/redaction.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Cli } from './cli.ts';
import { lookAtHealth } from './health-look.ts';
import { withLibrary } from './library-door.ts';
import { readServerNote } from './server-file.ts';
import { logFileOf } from './server-log.ts';
import { shownSettings } from './shown-settings.ts';
import { describeStore, overridesOf } from './store-place.ts';

/** What could not be found out, and why. */
interface Unknown {
  readonly error: { readonly code: string | null; readonly message: string };
}

/** Everything that somebody who looks for a fault asks for first. Bytes are bytes, times UTC. */
export interface DoctorReport {
  readonly createdAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly configuration: unknown;
  /** Names of the variables that are set, without their values. */
  readonly variables: readonly string[];
  readonly store: unknown;
  readonly server: unknown;
  readonly health: unknown;
  readonly storage: unknown;
  readonly backups: unknown;
  readonly log: { readonly file: string | null; readonly lines: readonly string[] } | Unknown;
}

const LOG_LINES = 2_000;
const LONGEST_LINE = 4_000;

/** Looks at each part by itself: what is broken must not keep the rest from being told. */
export async function collectDoctorReport(cli: Cli): Promise<DoctorReport> {
  const place = await orWhyNot(() => describePlace(cli));
  return {
    createdAt: new Date().toISOString(),
    versions: { 'voice-recorder-pro': cli.version, ...knownVersions() },
    machine: {
      platform: process.platform,
      release: release(),
      architecture: arch(),
      processors: cpus().length,
      memoryBytes: totalmem(),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    configuration: await orWhyNot(() => shownSettings(cli)),
    variables: Object.keys(cli.env)
      .filter((name) => /^(VRP_|DATABASE_|NODE_OPTIONS$|UV_THREADPOOL_SIZE$)/.test(name))
      .toSorted(),
    store: place,
    server: await orWhyNot(() => findServer(cli)),
    health: await orWhyNot(() => lookAtHealth(cli)),
    storage: await orWhyNot(() =>
      withLibrary(cli, ({ store }) => store.storageReport({ isThorough: false })),
    ),
    backups: await orWhyNot(() => withLibrary(cli, ({ store }) => store.listBackups())),
    log: await orWhyNot(() => readLog(cli)),
  };
}

async function orWhyNot<Part>(look: () => Part | Promise<Part>): Promise<Part | Unknown> {
  try {
    return await look();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: failureCodeOf(error) ?? null, message } };
  }
}

function knownVersions(): Record<string, string> {
  const { node, v8, uv, openssl, sqlite = 'none' } = process.versions as Record<string, string>;
  return Object.fromEntries(
    Object.entries({ node, v8, uv, openssl, sqlite }).map(([name, version]) => [name, version ?? 'unknown']),
  );
}

async function describePlace(cli: Cli): Promise<Record<string, unknown>> {
  const { dataDir, storeId } = describeStore(cli);
  const isThere = await stat(dataDir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) return { dataDir, storeId: null, isThere };
  const { type, bsize, blocks, bavail, files, ffree } = await statfs(dataDir);
  return {
    dataDir,
    storeId: storeId ?? null,
    isThere,
    fileSystemType: `0x${type.toString(16)}`,
    sizeBytes: bsize * blocks,
    freeBytes: bsize * bavail,
    inodes: files,
    freeInodes: ffree,
  };
}

async function findServer(cli: Cli): Promise<Record<string, unknown>> {
  const { stateDir, storeId } = describeStore(cli);
  const note = storeId === undefined ? undefined : await readServerNote(stateDir, storeId);
  return note ? { isRunning: true, baseUrl: note.baseUrl, pid: note.pid } : { isRunning: false };
}

/** The newest lines; those that were written with names in them lose them here. */
async function readLog(cli: Cli): Promise<{ file: string | null; lines: string[] }> {
  const place = StorageConfig.describe(cli.store.environment, overridesOf(cli.store), cli.env);
  const { settings } = shownSettings(cli);
  const chosen = settings.find(({ name }) => name === 'logFile')?.value;
  const file = logFileOf({ logFile: typeof chosen === 'string' ? chosen : null }, place);
  if (file === undefined) return { file: null, lines: [] };
  const lines: string[] = [];
  for (const path of logFilesOf(file).slice(-2)) {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      lines.push(hideFileNames(hideSecrets(line.slice(0, LONGEST_LINE))));
      if (lines.length > 2 * LOG_LINES) lines.splice(0, LOG_LINES);
    }
  }
  return { file, lines: lines.slice(-LOG_LINES) };
}
