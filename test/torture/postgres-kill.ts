import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type Catalogue, openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type StartedPostgres, startPostgres } from '../postgres-server.ts';
import type { PostgresKillLine, PostgresKillWish } from './postgres-kill-child.ts';
import { readSaid } from './said-line.ts';

/*
 * Two programs write into one PostgreSQL catalogue while its server and they themselves are killed in turns. Every
 * write that was acknowledged must be there once; those that were not may be there, but never twice.
 */

export interface PostgresKillReport {
  readonly seconds: number;
  readonly serverKills: number;
  readonly programKills: number;
  readonly acknowledged: number;
  readonly recordings: number;
  /** Failures that were told, by their code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

export interface PostgresKillOptions {
  /** 600 when not given. */
  readonly seconds?: number | undefined;
  readonly serverKillEveryMs?: number;
  readonly programKillEveryMs?: number;
  readonly writers?: number;
  readonly readers?: number;
}

const childPath = fileURLToPath(new URL('./postgres-kill-child.ts', import.meta.url));
const PROGRAMS = 2;

interface Tally {
  readonly kept: Set<string>;
  readonly keptRecordings: Set<string>;
  readonly failed: Record<string, number>;
  readonly broken: string[];
}

export async function run(options: PostgresKillOptions = {}): Promise<PostgresKillReport> {
  const { seconds = 600, serverKillEveryMs = 30_000, programKillEveryMs = 45_000 } = options;
  const { writers = 64, readers = 16 } = options;
  const server = await startPostgres({ isDurable: true });
  const tally: Tally = { kept: new Set(), keptRecordings: new Set(), failed: {}, broken: [] };
  const programs: ChildProcess[] = [];
  let serverKills = 0;
  let programKills = 0;
  const catalogue = await openOn(server);
  try {
    await makeTables(catalogue);
    const wish = { settings: server.settings, writers: writers / PROGRAMS, readers: readers / PROGRAMS };
    for (let index = 0; index < PROGRAMS; index++) programs.push(await startProgram(wish, tally));
    const endsAtMs = performance.now() + seconds * 1000;
    const killServers = async () => {
      // After a standstill the time may be over before anything was killed.
      const isOwed = () => serverKills === 0 && serverKillEveryMs < seconds * 1000;
      while (performance.now() + serverKillEveryMs < endsAtMs || isOwed()) {
        await sleep(serverKillEveryMs);
        await server.kill();
        serverKills++;
        await server.restart();
      }
    };
    const killPrograms = async () => {
      while (performance.now() + programKillEveryMs < endsAtMs) {
        await sleep(programKillEveryMs);
        const place = programKills++ % PROGRAMS;
        await end(programs[place]);
        programs[place] = await startProgram(wish, tally);
      }
    };
    await Promise.all([killServers(), killPrograms(), sleep(seconds * 1000)]);
    await Promise.all(programs.map(end));
    tally.broken.push(...(await judge(catalogue, tally)));
  } finally {
    await Promise.all(programs.map(end));
    await catalogue.close();
    await server.stop();
  }
  const { kept, keptRecordings, failed, broken } = tally;
  const acknowledged = kept.size + keptRecordings.size;
  return {
    seconds,
    serverKills,
    programKills,
    acknowledged,
    recordings: keptRecordings.size,
    failed,
    broken,
  };
}

function openOn(server: StartedPostgres): Promise<Catalogue> {
  const settings = { file: '', backupFolder: '', clock: systemClock, postgres: server.settings };
  return openCatalogue({ ...settings, contextConfig: { retries: 20 } });
}

async function makeTables({ contexts }: Catalogue): Promise<void> {
  await contexts.withSession({ name: 'make tables' }, async (db) => {
    await sql`CREATE TABLE torture_writes (token text NOT NULL)`.execute(db);
    await sql`CREATE TABLE torture_sums (id integer PRIMARY KEY, n bigint NOT NULL)`.execute(db);
    await sql`INSERT INTO torture_sums SELECT id, 0 FROM generate_series(0, 3) AS ids (id)`.execute(db);
  });
}

async function startProgram(wish: PostgresKillWish, tally: Tally): Promise<ChildProcess> {
  const child = spawn(process.execPath, [childPath, JSON.stringify(wish)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const isReady = Promise.withResolvers<void>();
  child.on('exit', () => isReady.resolve());
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = readSaid<PostgresKillLine>(text);
    if (line?.kind === 'ready') isReady.resolve();
    if (line?.kind === 'torn') tally.broken.push(line.message);
    if (line?.kind === 'failed') tally.failed[line.code] = (tally.failed[line.code] ?? 0) + 1;
    if (line?.kind === 'kept') (line.isRecording ? tally.keptRecordings : tally.kept).add(line.token);
  });
  await isReady.promise;
  return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function judge({ contexts, recordings }: Catalogue, tally: Tally): Promise<string[]> {
  const broken: string[] = [];
  const found = await contexts.withSession({ readonly: true, deadlineMs: 120_000 }, async (db) => ({
    writes: (
      await sql<{ token: string; n: number }>`
      SELECT token, count(*) AS n FROM torture_writes GROUP BY token`.execute(db)
    ).rows,
    sum: (await sql<{ n: number }>`SELECT sum(n) AS n FROM torture_sums`.execute(db)).rows[0]?.n,
    titles: await db
      .selectFrom('recordings')
      .select(['title', 'status'])
      .select((row) => row.fn.countAll<number>().as('n'))
      .groupBy(['title', 'status'])
      .execute(),
    library: await db
      .selectFrom('recordings')
      .select((row) => row.fn.countAll<number>().as('n'))
      .where('shelf', '=', 'library')
      .executeTakeFirstOrThrow(),
  }));
  const writes = new Map(found.writes.map(({ token, n }) => [token, n]));
  const titles = new Map(found.titles.map(({ title, status, n }) => [title, { status, n }]));
  for (const token of tally.kept) if (!writes.has(token)) broken.push(`The write ${token} is gone.`);
  for (const [token, n] of writes) if (n > 1) broken.push(`The write ${token} is there ${n} times.`);
  for (const title of tally.keptRecordings) {
    if (titles.get(title)?.status !== 'active') broken.push(`The recording ${title} is gone.`);
  }
  for (const [title, { n }] of titles) if (n > 1) broken.push(`The recording ${title} is there ${n} times.`);
  const rows = found.writes.reduce((sum, { n }) => sum + n, 0);
  if (rows !== found.sum) broken.push(`There are ${rows} writes and a sum of ${found.sum}.`);
  const totals = await recordings.totals();
  if (totals.recordingCount !== found.library.n) {
    broken.push(`There are ${found.library.n} recordings and a total of ${totals.recordingCount}.`);
  }
  const tags = await recordings.tags();
  const all = tags.find(({ tag }) => tag === 'all')?.count ?? 0;
  if (all !== found.library.n)
    broken.push(`${found.library.n} recordings bear the tag, which is counted ${all} times.`);
  return broken;
}
