// Runs jobs of the queue in the database named by its argument until it is killed. Each job's effect is a row with its
// fence token; nothing but the fence keeps a row from being written twice. One JSON line for what is worth telling.
import { readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { DatabaseJobQueue } from '../../src/jobs/database-job-queue.ts';
import { completeWithEffect, type JobLease, withFence } from '../../src/jobs/job-fence.ts';
import type { JobHandler } from '../../src/jobs/job-handler.ts';
import { JobRunner } from '../../src/jobs/job-runner.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { type JobsDatabase, openJobsDatabase } from './jobs-database.ts';

export interface JobsChildWish {
  readonly database: JobsDatabase;
  readonly holder: string;
  readonly leaseMs: number;
  /** Longest pause before and after an effect. */
  readonly pauseMs: number;
}

export type JobsChildLine =
  | { readonly kind: 'ready' }
  /** It stands still before this job's effect, until it is given a byte. */
  | { readonly kind: 'standing'; readonly jobId: string; readonly fence: number }
  /** An effect that was refused because somebody else held the job by then. */
  | { readonly kind: 'refused'; readonly jobId: string }
  | { readonly kind: 'fault'; readonly message: string };

const AT_ONCE = 4;

function say(line: JobsChildLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const wish = JSON.parse(process.argv[2] ?? '') as JobsChildWish;
const sessions = await openJobsDatabase(wish.database);
const queue = new DatabaseJobQueue(sessions, { holder: wish.holder });
let isAskedToStand = false;
process.on('SIGUSR2', () => {
  isAskedToStand = true;
});
const pause = () => sleep(Math.random() * wish.pauseMs);

/**
 * Stops the whole event loop, heartbeats too, as a machine does that sleeps; but never inside a transaction, which would
 * keep all others from the database.
 */
async function standStillIfAsked({ id, fence }: JobLease): Promise<void> {
  while (isAskedToStand) {
    if (sessions.getSessionMetrics().activeSessions === 0) {
      isAskedToStand = false;
      say({ kind: 'standing', jobId: id, fence });
      waitForByte();
      return;
    }
    await sleep(2);
  }
}

function waitForByte(): void {
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      readSync(0, Buffer.alloc(1));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(still, 0, 0, 20);
    }
  }
}

/** A job whose effect ends it, and one that ends after its effect, and may be cut in between. */
const handler = (writeEffect: (lease: JobLease) => Promise<void>): JobHandler => ({
  concurrency: AT_ONCE,
  run: async (_payload, { job: { id }, fence }) => {
    await pause();
    await standStillIfAsked({ id, fence });
    try {
      await writeEffect({ id, fence });
    } catch (error) {
      if (failureCodeOf(error) === 'job-lease-lost') say({ kind: 'refused', jobId: id });
      throw error;
    }
    await pause();
  },
});

const insert = ({ id, fence }: JobLease) =>
  sql`INSERT INTO job_effects (job_id, fence) VALUES (${id}, ${fence})`;
const handlers = {
  sealed: handler((lease) =>
    sessions.withSession({ name: 'sealed effect' }, async (db) => {
      await completeWithEffect(db, lease);
      await insert(lease).execute(db);
    }),
  ),
  noted: handler((lease) =>
    sessions.withSession({ name: 'noted effect' }, async (db) => {
      await withFence(db, lease);
      const { rows } = await sql`SELECT 1 FROM job_effects WHERE job_id = ${lease.id}`.execute(db);
      if (rows.length === 0) await insert(lease).execute(db);
    }),
  ),
} as const;

await queue.releaseAll();
const onFault = (error: unknown) => say({ kind: 'fault', message: String(error) });
new JobRunner({ queue, handlers, leaseMs: wish.leaseMs, pollMs: 100, onFault }).start();
say({ kind: 'ready' });
// The runner's own timers keep no process alive.
setInterval(() => undefined, 60_000);
