import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { DatabaseJobQueue } from '../../src/jobs/database-job-queue.ts';
import type { DatabaseSessions } from '../../src/sessions/database-sessions.ts';
import { startPostgres } from '../postgres-server.ts';
import { seededRandom } from '../voice-wav.ts';
import { JobStaff } from './job-staff.ts';
import { type JobsDatabase, openJobsDatabase } from './jobs-database.ts';

/*
 * Processes that run the jobs of one queue are killed again and again, and a few stand still for longer than their
 * leases last. Each job's effect is a row; at the end every job must have exactly one, whoever wrote it.
 */

export interface JobsReport {
  readonly seed: number;
  readonly database: string;
  readonly jobs: number;
  readonly workers: number;
  readonly kills: number;
  /** Processes that stood still until others had done their jobs, and then went on. */
  readonly standstills: number;
  /** Leases that were handed out; more than jobs by those that came to nothing. */
  readonly leases: number;
  readonly effects: number;
  /** Effects that came from somebody whose lease was lost, and were refused. */
  readonly refused: number;
  readonly seconds: number;
  readonly broken: readonly string[];
}

export interface JobsTortureOptions {
  readonly seed: number;
  /** 10,000 when not given. */
  readonly count?: number | undefined;
  /** 100 when not given. */
  readonly kills?: number | undefined;
  readonly workers?: number;
  readonly standstills?: number;
  readonly pauseMs?: number;
  /** 1,500 when not given. */
  readonly leaseMs?: number;
}

const ENQUEUED_AT_ONCE = 100;
const WAITING_LEAST = 50;
/** Nothing done for so long: something hangs. */
const PATIENCE_MS = 120_000;

export async function runOnSqlite(options: JobsTortureOptions): Promise<JobsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-jobs-'));
  try {
    return await run({ folder }, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a server of its own, which syncs as one that people rely on does. */
export async function runOnPostgres(options: JobsTortureOptions): Promise<JobsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-jobs-'));
  const server = await startPostgres({ isDurable: true });
  try {
    return await run({ folder, postgres: server.settings }, options);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(database: JobsDatabase, options: JobsTortureOptions): Promise<JobsReport> {
  const { seed, count = 10_000, kills = 100, workers = 4, standstills = Math.ceil(kills / 10) } = options;
  const { leaseMs = 1500, pauseMs = 40 } = options;
  const sessions = await openJobsDatabase(database);
  try {
    await sessions.withSession({ name: 'make table' }, async (db) => {
      // No key that could keep a second row out.
      await sql`CREATE TABLE job_effects (job_id TEXT NOT NULL, fence BIGINT NOT NULL)`.execute(db);
      await sql`CREATE INDEX job_effects_by_job ON job_effects (job_id)`.execute(db);
    });
    const staff = new JobStaff(sessions, { database, leaseMs, pauseMs }, seed, workers);
    const startMs = performance.now();
    const broken: string[] = [];
    try {
      await harass(sessions, staff, { seed, count, kills, standstills });
    } catch (error) {
      broken.push(String(error));
    } finally {
      await staff.dismiss();
    }
    const seconds = Math.round((performance.now() - startMs) / 100) / 10;
    const judged = await judge(sessions);
    const counted = { kills: staff.kills, standstills: staff.standstills, refused: staff.refused };
    const { leases, effects } = judged;
    const facts = {
      seed,
      database: database.postgres ? 'PostgreSQL' : 'SQLite',
      jobs: count,
      workers,
      ...counted,
      leases,
      effects,
      seconds,
    };
    return { ...facts, broken: [...broken, ...staff.faults, ...judged.broken] };
  } finally {
    await sessions.close();
  }
}

async function enqueueSome(queue: DatabaseJobQueue, from: number, count: number): Promise<void> {
  const numbers = Array.from(
    { length: Math.min(ENQUEUED_AT_ONCE, count - from) },
    (_, index) => from + index,
  );
  const kindOf = (number: number) => (number % 2 ? 'sealed' : 'noted');
  await Promise.all(
    numbers.map((payload) => queue.enqueue({ kind: kindOf(payload), payload, maxAttempts: 1000 })),
  );
}

/** Spreads kills and standstills evenly over the work that is done, however long that takes. */
async function harass(
  sessions: DatabaseSessions,
  staff: JobStaff,
  wish: {
    readonly seed: number;
    readonly count: number;
    readonly kills: number;
    readonly standstills: number;
  },
): Promise<void> {
  const random = seededRandom(wish.seed);
  const queue = new DatabaseJobQueue(sessions);
  const troubles = [
    ...Array.from({ length: wish.kills }, (_, index) => ({
      at: (index + random()) / wish.kills,
      kind: 'kill',
    })),
    ...Array.from({ length: wish.standstills }, (_, index) => ({
      at: (index + random()) / wish.standstills,
      kind: 'stand still',
    })),
  ].sort((a, b) => b.at - a.at);
  const standing: Promise<void>[] = [];
  staff.hire();
  let lastDone = -1;
  let lastChangeMs = performance.now();
  for (;;) {
    const { done, open } = await countJobs(sessions);
    if (done !== lastDone) lastChangeMs = performance.now();
    lastDone = done;
    if (done === wish.count) break;
    // What somebody had to let go comes after what waits: only a short line has others take it up soon.
    if (open < WAITING_LEAST && done + open < wish.count) await enqueueSome(queue, done + open, wish.count);
    if (performance.now() - lastChangeMs > PATIENCE_MS)
      throw new Error(`${wish.count - done} jobs are never done`);
    const next = troubles.at(-1);
    // What is due late, because the work is nearly over, still comes while there is some left.
    if (next && done >= next.at * wish.count * 0.98) {
      troubles.pop();
      if (next.kind === 'kill') await staff.killOne();
      else standing.push(staff.stopOne());
    }
    await sleep(random() * 20);
  }
  staff.finish();
  // Who goes on only now still tries to write what it stood before.
  await Promise.all(standing);
}

async function countJobs(sessions: DatabaseSessions): Promise<{ done: number; open: number }> {
  const { rows } = await sessions.withSession({ name: 'count', readonly: true }, (db) =>
    sql<{ done: number; open: number }>`
      SELECT (SELECT count(*) FROM jobs WHERE state = 'done') AS done,
        (SELECT count(*) FROM jobs WHERE state <> 'done') AS open`.execute(db),
  );
  return { done: Number(rows[0]?.done), open: Number(rows[0]?.open) };
}

async function judge(
  sessions: DatabaseSessions,
): Promise<{ leases: number; effects: number; broken: readonly string[] }> {
  const ask = (text: string) =>
    sessions.withSession({ name: 'judge', readonly: true }, async (db) => {
      const { rows } = await sql.raw<{ count: number | string | null }>(text).execute(db);
      return Number(rows[0]?.count ?? 0);
    });
  const faults = {
    'jobs are not done': "SELECT count(*) AS count FROM jobs WHERE state <> 'done'",
    'jobs have no effect':
      'SELECT count(*) AS count FROM jobs WHERE id NOT IN (SELECT job_id FROM job_effects)',
    'jobs have more than one effect':
      'SELECT count(*) AS count FROM (SELECT job_id FROM job_effects GROUP BY job_id HAVING count(*) > 1) AS twice',
    'effects that ended their job bear another fence than the lease that ended it': `SELECT count(*) AS count
      FROM job_effects JOIN jobs ON jobs.id = job_effects.job_id
      WHERE jobs.kind = 'sealed' AND job_effects.fence <> jobs.fence`,
    'effects bear a fence that was never given': `SELECT count(*) AS count
      FROM job_effects JOIN jobs ON jobs.id = job_effects.job_id
      WHERE job_effects.fence < 1 OR job_effects.fence > jobs.fence`,
  };
  const broken: string[] = [];
  for (const [fault, text] of Object.entries(faults)) {
    const count = await ask(text);
    if (count > 0) broken.push(`${count} ${fault}`);
  }
  const leases = await ask('SELECT sum(fence) AS count FROM jobs');
  const effects = await ask('SELECT count(*) AS count FROM job_effects');
  return { leases, effects, broken };
}
