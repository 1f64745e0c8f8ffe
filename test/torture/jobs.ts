import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { DatabaseJobQueue } from '../../src/jobs/database-job-queue.ts';
import type { DatabaseSessions } from '../../src/sessions/database-sessions.ts';
import { startPostgres } from '../postgres-server.ts';
import { seededRandom } from '../voice-wav.ts';
import type { JobsChildLine, JobsChildWish } from './jobs-child.ts';
import { type JobsDatabase, openJobsDatabase } from './jobs-database.ts';
import { readSaid } from './said-line.ts';

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
  /** Processes that stood still until their leases had run out, and then went on. */
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

const childPath = fileURLToPath(new URL('./jobs-child.ts', import.meta.url));
const ENQUEUED_AT_ONCE = 500;
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
    const queue = new DatabaseJobQueue(sessions);
    for (let done = 0; done < count; done += ENQUEUED_AT_ONCE) {
      const some = Array.from(
        { length: Math.min(ENQUEUED_AT_ONCE, count - done) },
        (_, index) => done + index,
      );
      await Promise.all(
        some.map((payload) =>
          queue.enqueue({
            kind: payload % 2 ? 'sealed' : 'noted',
            payload,
            maxAttempts: 1000,
          }),
        ),
      );
    }
    const staff = new Staff({ database, leaseMs, pauseMs }, seed, workers);
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

/** Spreads kills and standstills evenly over the work that is done, however long that takes. */
async function harass(
  sessions: DatabaseSessions,
  staff: Staff,
  wish: {
    readonly seed: number;
    readonly count: number;
    readonly kills: number;
    readonly standstills: number;
  },
): Promise<void> {
  const random = seededRandom(wish.seed);
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
  staff.hire();
  let lastDone = -1;
  let lastChangeMs = performance.now();
  for (;;) {
    const { done, open } = await countJobs(sessions);
    if (done !== lastDone) lastChangeMs = performance.now();
    lastDone = done;
    if (open === 0) return;
    if (performance.now() - lastChangeMs > PATIENCE_MS) throw new Error(`${open} jobs are never done`);
    const next = troubles.at(-1);
    // What is due late, because the work is nearly over, still comes while there is some left.
    if (next && done >= next.at * wish.count * 0.98) {
      troubles.pop();
      if (next.kind === 'kill') await staff.killOne();
      else staff.stopOne();
    }
    await sleep(random() * 20);
  }
}

async function countJobs(sessions: DatabaseSessions): Promise<{ done: number; open: number }> {
  const { rows } = await sessions.withSession({ name: 'count', readonly: true }, (db) =>
    sql<{ done: number; open: number }>`
      SELECT (SELECT count(*) FROM jobs WHERE state = 'done') AS done,
        (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')) AS open`.execute(db),
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

interface Worker {
  readonly child: ChildProcess;
  readonly holder: string;
  isReady: boolean;
  isStopped: boolean;
}

/** The processes that run jobs. One that is killed is replaced at once: under its name, or under another one. */
class Staff {
  kills = 0;
  standstills = 0;
  refused = 0;
  readonly faults: string[] = [];
  readonly #wish: Omit<JobsChildWish, 'holder'>;
  readonly #random: () => number;
  readonly #size: number;
  readonly #workers = new Set<Worker>();
  #nameCount = 0;
  #isDismissed = false;

  constructor(wish: Omit<JobsChildWish, 'holder'>, seed: number, size: number) {
    this.#wish = wish;
    this.#random = seededRandom(seed + 1);
    this.#size = size;
  }

  hire(): void {
    while (this.#workers.size < this.#size) this.#start(`worker-${++this.#nameCount}`);
  }

  /** Waits until one of them works; a process that has just begun is in nobody's way. */
  async killOne(): Promise<void> {
    const worker = await this.#chooseOne();
    worker.child.kill('SIGKILL');
    this.kills++;
    this.#workers.delete(worker);
    // A new name leaves the jobs of the dead one to the end of their leases.
    this.#start(this.#random() < 0.5 ? worker.holder : `worker-${++this.#nameCount}`);
  }

  /** For longer than its leases last. */
  stopOne(): void {
    const worker = [...this.#workers].find(({ isReady, isStopped }) => isReady && !isStopped);
    if (!worker) return;
    this.standstills++;
    worker.isStopped = true;
    worker.child.kill('SIGSTOP');
    setTimeout(() => {
      worker.child.kill('SIGCONT');
      worker.isStopped = false;
    }, this.#wish.leaseMs * 1.5);
  }

  async dismiss(): Promise<void> {
    this.#isDismissed = true;
    const gone = [...this.#workers].map(
      ({ child }) => new Promise((resolve) => child.once('close', resolve)),
    );
    for (const { child } of this.#workers) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  async #chooseOne(): Promise<Worker> {
    for (;;) {
      const able = [...this.#workers].filter(({ isReady, isStopped }) => isReady && !isStopped);
      const worker = able[Math.floor(this.#random() * able.length)];
      if (worker) return worker;
      await sleep(10);
    }
  }

  #start(holder: string): void {
    const wish: JobsChildWish = { ...this.#wish, holder };
    const child = spawn(process.execPath, [childPath, JSON.stringify(wish)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A hundred times the same modules: what was made of them once is kept.
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#wish.database.folder, 'compiled') },
    });
    const worker: Worker = { child, holder, isReady: false, isStopped: false };
    this.#workers.add(worker);
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = readSaid<JobsChildLine>(text);
      if (line?.kind === 'ready') worker.isReady = true;
      else if (line?.kind === 'refused') this.refused++;
      else if (line?.kind === 'fault') this.faults.push(`${holder}: ${line.message}`);
    });
    child.once('close', (code, signal) => {
      if (!this.#isDismissed && signal !== 'SIGKILL') this.faults.push(`${holder} ended by itself (${code})`);
    });
  }
}
