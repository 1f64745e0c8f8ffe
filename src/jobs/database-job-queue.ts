import { type Clock, systemClock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { Job, JobCounts, JobFilter, JobLoad } from '../model/job.ts';
import { atHome, NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { WritesTogether } from '../sessions/writes-together.ts';
import { backOffMs } from './back-off.ts';
import { type EnqueuedRow, enqueueRows, type WantedRow } from './enqueue-row.ts';
import { findCompleted, findPending, requireRow, updateRow } from './find-job-row.ts';
import { withFence } from './job-fence.ts';
import {
  endLease,
  endVoidLeases,
  findDue,
  hasExpiredLease,
  type JobChange,
  leaseAt,
  leaseLost,
} from './job-leases.ts';
import { readJobLoad } from './job-load.ts';
import type { JobFault, JobQueue, LeasedJob, NewJob } from './job-queue.ts';
import { afterMs, databaseNowMs, type JobRow, toJob } from './job-row.ts';

const MAX_ATTEMPTS = 5;
const LIST_LIMIT = { default: 100, max: 500 } as const;
/** Where a store has one server at a time, all leases are that server's. */
const ONE_SERVER = 'server';

export interface JobQueueOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Name of the node that leases: the same one after each of its starts, and of no other. */
  readonly holder?: string;
  /** The store whose files its jobs are about; those of others that share the database are nobody's here. */
  readonly storeId?: string;
}

/** The queue in the store's own database, SQLite or PostgreSQL. */
export class DatabaseJobQueue implements JobQueue {
  readonly #sessions: DatabaseSessions;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #holder: string;
  readonly #home: string;
  readonly #listeners = new Set<(job: Job) => void>();
  // Whoever brings in a thousand files notes two jobs down for each.
  readonly #enqueuing: WritesTogether<WantedRow, EnqueuedRow>;

  constructor(sessions: DatabaseSessions, options: JobQueueOptions = {}) {
    this.#enqueuing = new WritesTogether(sessions, { name: 'enqueue job' }, (db, _, jobs) =>
      enqueueRows(db, jobs, this.#home),
    );
    this.#sessions = sessions;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#holder = options.holder ?? ONE_SERVER;
    this.#home = options.storeId ?? NO_STORE;
  }

  async enqueue(wanted: NewJob): Promise<{ job: Job; isNew: boolean }> {
    const { maxAttempts = MAX_ATTEMPTS } = wanted;
    if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
      throw new VoiceRecorderError(
        'invalid-input',
        `A job cannot be tried ${maxAttempts} times; expected 1 or more.`,
      );
    }
    const { row, isNew, isRaised } = await this.#enqueuing.run({
      ...wanted,
      id: newId(this.#clock.nowMs()),
      maxAttempts,
    });
    return { job: isNew || isRaised ? this.#tell(row) : toJob(row), isNew };
  }

  async lease(kinds: readonly string[], leaseMs: number): Promise<LeasedJob | undefined> {
    if (kinds.length === 0) return undefined;
    // Most looks find nothing: they write nothing and wait for nobody who writes.
    const seen = await this.#sessions.withSession({ name: 'look for jobs', readonly: true }, async (db) => ({
      due: await findDue(db, kinds, this.#home),
      hasExpired: await hasExpiredLease(db, this.#home),
    }));
    if (seen.due.length === 0 && !seen.hasExpired) return undefined;
    const wish = { leaseMs, holder: this.#holder, home: this.#home };
    const { ended, leased } = await this.#sessions.withSession({ name: 'lease job' }, async (db) => {
      const ended = seen.hasExpired ? await endVoidLeases(db, 'expired', this.#home) : [];
      const due = ended.length > 0 ? await findDue(db, kinds, this.#home) : seen.due;
      return { ended, leased: await leaseAt(db, due, wish) };
    });
    for (const row of ended) this.#tell(row);
    return leased && { ...this.#tell(leased), fence: leased.fence };
  }

  async heartbeat(
    id: string,
    fence: number,
    beat: { leaseMs: number; progress?: number },
  ): Promise<{ isCancelRequested: boolean }> {
    const row = await this.#sessions.withSession({ name: 'job heartbeat' }, async (db) => {
      const held = await db
        .updateTable('jobs')
        .set({
          leased_until_ms: afterMs(db, beat.leaseMs),
          modified_at_ms: databaseNowMs(db),
          ...(beat.progress === undefined ? {} : { progress: Math.min(1, Math.max(0, beat.progress)) }),
        })
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('state', '=', 'running')
        .returningAll()
        .executeTakeFirst();
      return held ?? (await findCompleted(db, id, fence)) ?? leaseLost(id, fence);
    });
    this.#tell(row);
    return { isCancelRequested: row.is_cancel_requested === 1 };
  }

  underFence<T>(id: string, fence: number, work: () => Promise<T>): Promise<T> {
    return this.#sessions.withSession({ name: 'effect of job' }, async (db) => {
      await withFence(db, { id, fence });
      return await work();
    });
  }

  async complete(id: string, fence: number): Promise<Job> {
    const row = await this.#sessions.withSession(
      { name: 'complete job' },
      async (db) =>
        (await findCompleted(db, id, fence)) ??
        (await endLease(db, { id, fence }, { state: 'done', progress: 1 })),
    );
    return this.#tell(row);
  }

  fail(id: string, fence: number, fault: JobFault): Promise<Job> {
    return this.#end('fail job', id, fence, (row) => {
      const isLast = !fault.isRetryable || row.attempts >= row.max_attempts;
      if (isLast) return { state: 'dead', fault };
      return { state: 'queued', fault, progress: 0, delayMs: backOffMs(row.attempts, this.#random) };
    });
  }

  release(id: string, fence: number): Promise<Job> {
    return this.#end('release job', id, fence, () => ({
      state: 'queued',
      delayMs: 0,
      progress: 0,
      isAttemptReturned: true,
    }));
  }

  acknowledgeCancel(id: string, fence: number): Promise<Job> {
    return this.#end('end cancelled job', id, fence, () => ({ state: 'cancelled' }));
  }

  async cancel(id: string): Promise<Job> {
    const row = await this.#sessions.withSession({ name: 'cancel job' }, async (db) => {
      const current = await requireRow(db, id, this.#home);
      if (current.state !== 'queued' && current.state !== 'running') return current;
      const change = current.state === 'queued' ? { state: 'cancelled' } : { is_cancel_requested: 1 };
      return updateRow(db, id, { ...change, modified_at_ms: databaseNowMs(db) });
    });
    return this.#tell(row);
  }

  async retry(id: string): Promise<Job> {
    const row = await this.#sessions.withSession({ name: 'retry job' }, async (db) => {
      const current = await requireRow(db, id, this.#home);
      if (current.state !== 'dead' && current.state !== 'cancelled') return current;
      const twin = await findPending(db, current.kind, current.dedupe_key, this.#home);
      if (twin) return twin;
      return updateRow(db, id, {
        state: 'queued',
        attempts: 0,
        progress: 0,
        is_cancel_requested: 0,
        run_at_ms: databaseNowMs(db),
        modified_at_ms: databaseNowMs(db),
      });
    });
    return this.#tell(row);
  }

  async find(id: string): Promise<Job | undefined> {
    const row = await this.#sessions.withSession({ name: 'find job', readonly: true }, (db) =>
      db.selectFrom('jobs').selectAll().where('id', '=', id).where(atHome(db, this.#home)).executeTakeFirst(),
    );
    return row && toJob(row);
  }

  async list(filter: JobFilter = {}): Promise<readonly Job[]> {
    const { state, kind, since, limit = LIST_LIMIT.default } = filter;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT.max)) {
      throw new VoiceRecorderError(
        'invalid-input',
        `The limit is ${limit}; expected a whole number from 1 to ${LIST_LIMIT.max}.`,
      );
    }
    const sinceMs = since === undefined ? undefined : readTime(since);
    const rows = await this.#sessions.withSession({ name: 'list jobs', readonly: true }, (db) => {
      let select = db.selectFrom('jobs').selectAll().where(atHome(db, this.#home));
      if (state !== undefined) select = select.where('state', '=', state);
      if (kind !== undefined) select = select.where('kind', '=', kind);
      if (sinceMs !== undefined) select = select.where('modified_at_ms', '>=', sinceMs);
      return select.orderBy('modified_at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
    });
    return rows.map(toJob);
  }

  async count(): Promise<JobCounts> {
    const rows = await this.#sessions.withSession({ name: 'count jobs', readonly: true }, (db) =>
      db
        .selectFrom('jobs')
        .select(({ fn }) => ['state', fn.countAll<number | bigint>().as('count')])
        .where('state', 'in', ['queued', 'running', 'dead'])
        .where(atHome(db, this.#home))
        .groupBy('state')
        .execute(),
    );
    const countOf = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
    return { queued: countOf('queued'), running: countOf('running'), dead: countOf('dead') };
  }

  load(): Promise<readonly JobLoad[]> {
    return this.#sessions.withSession({ name: 'job load', readonly: true }, (db) =>
      readJobLoad(db, this.#home),
    );
  }

  async releaseAll(holder: string = this.#holder): Promise<number> {
    const ended = await this.#sessions.withSession({ name: 'release all jobs' }, (db) =>
      endVoidLeases(db, { heldBy: holder }, this.#home),
    );
    for (const row of ended) this.#tell(row);
    return ended.length;
  }

  async forgetFinished(olderThanMs: number): Promise<number> {
    const { numDeletedRows } = await this.#sessions.withSession({ name: 'forget finished jobs' }, (db) =>
      db
        .deleteFrom('jobs')
        .where('state', 'in', ['done', 'cancelled'])
        .where(atHome(db, this.#home))
        .where('modified_at_ms', '<', afterMs(db, -olderThanMs))
        .executeTakeFirstOrThrow(),
    );
    return Number(numDeletedRows);
  }

  subscribe(listener: (job: Job) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #end(name: string, id: string, fence: number, change: (row: JobRow) => JobChange): Promise<Job> {
    const row = await this.#sessions.withSession({ name }, async (db) =>
      endLease(db, { id, fence }, change(await requireRow(db, id, this.#home))),
    );
    return this.#tell(row);
  }

  #tell(row: JobRow): Job {
    const job = toJob(row);
    for (const listener of this.#listeners) listener(job);
    return job;
  }
}

function readTime(text: string): number {
  const timeMs = Date.parse(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new VoiceRecorderError('invalid-input', `"${text}" is no time; expected one as ISO 8601 writes it.`);
}
