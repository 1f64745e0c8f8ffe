import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type ConnectedCatalogue, connectCatalogue } from '../../src/catalogue/connect-catalogue.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import type { SessionMetrics } from '../../src/database/session-metrics.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type StartedPostgres, startPostgres } from '../postgres-server.ts';
import { seededRandom } from '../voice-wav.ts';
import { readSaid } from './said-line.ts';
import type { SessionsChildLine, SessionsChildWish } from './sessions-child.ts';

/*
 * Two processes with 32 writers and readers each on one database. One of them is killed again and again, on PostgreSQL
 * the server as well. At the end every row that was acknowledged must be there, none twice, and the counters must say
 * how many rows there are.
 */

export interface SessionsReport {
  readonly seed: number;
  readonly database: 'sqlite' | 'postgres';
  readonly seconds: number;
  readonly acknowledged: number;
  /** Rows that are there; more than acknowledged by those whose answer was lost with a process or connection. */
  readonly rows: number;
  /** Sessions that rejected, by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly processKills: number;
  readonly serverKills: number;
  /** Of all processes, as each said it last. */
  readonly sessions: { readonly total: number; readonly retried: number; readonly rolledBack: number };
  readonly latencyMs: SessionMetrics['latencyMs'];
  readonly broken: readonly string[];
}

export interface SessionsTortureOptions {
  readonly seed: number;
  readonly seconds: number;
  /** How long a process works, on the average, before it is killed; 45 seconds when not given. */
  readonly processKillMs?: number;
  /** The same of the PostgreSQL server; 30 seconds. */
  readonly serverKillMs?: number;
}

const childPath = fileURLToPath(new URL('./sessions-child.ts', import.meta.url));
const WRITERS = 26;
const READERS = 6;
const COUNTERS = 32;
const POOL_SIZE = 20;
/** A run that did less shows nothing. */
const LEAST_WORK = 200;

interface Ledger {
  readonly acknowledged: Set<string>;
  readonly refused: Record<string, number>;
  readonly broken: string[];
  readonly metrics: Map<string, SessionMetrics>;
}

export async function runOnSqlite(options: SessionsTortureOptions): Promise<SessionsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-sessions-'));
  try {
    return await run(folder, undefined, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a server of its own, which syncs as one that people rely on does. */
export async function runOnPostgres(options: SessionsTortureOptions): Promise<SessionsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-sessions-'));
  const server = await startPostgres({ isDurable: true });
  try {
    return await run(folder, server, options);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  folder: string,
  server: StartedPostgres | undefined,
  options: SessionsTortureOptions,
): Promise<SessionsReport> {
  const { seed, seconds, processKillMs = 45_000, serverKillMs = 30_000 } = options;
  const random = seededRandom(seed);
  const ledger: Ledger = { acknowledged: new Set(), refused: {}, broken: [], metrics: new Map() };
  const postgres: PostgresSettings | undefined = server && { ...server.settings, poolSize: POOL_SIZE };
  const place = {
    file: join(folder, 'catalogue.sqlite'),
    backupFolder: join(folder, 'backup'),
    ...(postgres && { postgres }),
  };
  const wish = { ...place, writers: WRITERS, readers: READERS, counters: COUNTERS };
  await prepare(await connectCatalogue({ ...place, clock: systemClock }, MIGRATIONS));

  let processKills = 0;
  let serverKills = 0;
  let generation = 0;
  const start = () => startChild({ ...wish, name: `${generation++}` }, ledger);
  const processes = await Promise.all([start(), start()]);
  // Counted from the first work on: a busy machine takes its time to start processes.
  const endsAtMs = performance.now() + seconds * 1_000;
  const lasts = (averageMs: number) =>
    sleep(Math.min(averageMs * (0.75 + random() / 2), Math.max(0, endsAtMs - performance.now())));
  const killProcesses = async () => {
    for (;;) {
      await lasts(processKillMs);
      // After a standstill the time may be over before anything was killed.
      const isWished = processKills === 0 && processKillMs * 1.25 < seconds * 1_000;
      if (performance.now() >= endsAtMs && !isWished) break;
      const victim = random() < 0.5 ? 0 : 1;
      await endChild(processes[victim]);
      processKills++;
      processes[victim] = await start();
    }
  };
  const killServer = async () => {
    while (server) {
      await lasts(serverKillMs);
      if (performance.now() >= endsAtMs) break;
      await server.kill();
      serverKills++;
      await sleep(random() * 1_000);
      await server.restart();
    }
  };
  await Promise.all([killProcesses(), killServer()]);
  for (let patience = 600; ledger.acknowledged.size < LEAST_WORK && patience > 0; patience--)
    await sleep(100);
  await Promise.all(processes.map(endChild));

  const rows = await judge(await connectCatalogue({ ...place, clock: systemClock }, MIGRATIONS), ledger);
  const metrics = [...ledger.metrics.values()];
  const sumOf = (pick: (metrics: SessionMetrics) => number) =>
    metrics.reduce((sum, one) => sum + pick(one), 0);
  return {
    seed,
    database: server ? 'postgres' : 'sqlite',
    seconds,
    acknowledged: ledger.acknowledged.size,
    rows,
    refused: ledger.refused,
    processKills,
    serverKills,
    sessions: {
      total: sumOf(({ totalSessions }) => totalSessions),
      retried: sumOf(({ retriedSessions }) => retriedSessions),
      rolledBack: sumOf(({ rolledBackSessions }) => rolledBackSessions),
    },
    latencyMs: metrics.at(-1)?.latencyMs ?? null,
    broken: ledger.broken,
  };
}

async function prepare({ contexts }: ConnectedCatalogue): Promise<void> {
  await contexts.withSession({}, async (db) => {
    // No key is unique here: a session that counted twice must show.
    await sql`CREATE TABLE torture_rows (key TEXT NOT NULL)`.execute(db);
    await sql`CREATE TABLE torture_counters (counter INTEGER PRIMARY KEY, total INTEGER NOT NULL)`.execute(
      db,
    );
    for (let counter = 0; counter < COUNTERS; counter++) {
      await sql`INSERT INTO torture_counters (counter, total) VALUES (${counter}, 0)`.execute(db);
    }
  });
  await contexts.close();
}

/** Resolves when it is at work. */
function startChild(wish: SessionsChildWish, ledger: Ledger): Promise<ChildProcess> {
  const child = spawn(process.execPath, [childPath, JSON.stringify(wish)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code !== null) ledger.broken.push(`a process ended by itself with code ${code}`);
      reject(new Error(`A process ended before it was at work (code ${code}).`));
    });
    lines.on('line', (text) => {
      const line = readSaid<SessionsChildLine>(text);
      if (!line) return;
      if (line.kind === 'ready') resolve(child);
      if (line.kind === 'written') ledger.acknowledged.add(line.key);
      if (line.kind === 'refused') ledger.refused[line.code] = (ledger.refused[line.code] ?? 0) + 1;
      if (line.kind === 'torn') ledger.broken.push(`a reader saw that ${line.what}`);
      if (line.kind === 'metrics') ledger.metrics.set(wish.name, line.metrics);
    });
  });
}

/** Resolves when it is dead and all it said was read. */
async function endChild(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Resolves to the number of rows that are there. */
async function judge({ contexts }: ConnectedCatalogue, { acknowledged, broken }: Ledger): Promise<number> {
  const { rows, counted } = await contexts.withSession(
    { readonly: true, deadlineMs: 120_000 },
    async (db) => ({
      rows: (await sql<{ key: string }>`SELECT key FROM torture_rows`.execute(db)).rows,
      counted: (await sql<{ n: number }>`SELECT sum(total) AS n FROM torture_counters`.execute(db)).rows[0]
        ?.n,
    }),
  );
  await contexts.close();
  const found = new Set(rows.map(({ key }) => key));
  const lost = [...acknowledged].filter((key) => !found.has(key));
  if (lost.length > 0)
    broken.push(`${lost.length} acknowledged rows are gone: ${lost.slice(0, 5).join(', ')} …`);
  if (found.size !== rows.length) broken.push(`${rows.length - found.size} rows are there twice`);
  if (Number(counted) !== 2 * rows.length) broken.push(`${rows.length} rows are counted ${counted} times`);
  if (acknowledged.size < LEAST_WORK) broken.push(`only ${acknowledged.size} rows were acknowledged`);
  return rows.length;
}
