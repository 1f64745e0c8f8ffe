import { type Kysely, sql, type UpdateObject } from 'kysely';
import { type Clock, systemClock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { backOffMs, LONGEST_DELAY_MS } from './back-off.ts';
import { buryAbandoned, endLease, type JobChange, leaseLost, leaseRow } from './job-leases.ts';
import type { Job, JobFault, JobFilter, JobQueue, LeasedJob, NewJob } from './job-queue.ts';
import { afterMs, databaseNowMs, type JobRow, toJob } from './job-row.ts';

const MAX_ATTEMPTS = 5;
const LIST_LIMIT = { default: 100, max: 500 } as const;

/** The queue in the store's own database. */
export class SqliteJobQueue implements JobQueue {
  readonly #sessions: DatabaseSessions;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #listeners = new Set<(job: Job) => void>();

  constructor(sessions: DatabaseSessions, options: { clock?: Clock; random?: () => number } = {}) {
    this.#sessions = sessions;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  async enqueue(wanted: NewJob): Promise<{ job: Job; isNew: boolean }> {
    const { maxAttempts = MAX_ATTEMPTS } = wanted;
    if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
      throw new VoiceRecorderError(
        'invalid-input',
        `A job cannot be tried ${maxAttempts} times; expected 1 or more.`,
      );
    }
    const values = {
      id: newId(this.#clock.nowMs()),
      kind: wanted.kind,
      payload: JSON.stringify(wanted.payload ?? null),
      dedupe_key: wanted.dedupeKey ?? null,
      state: 'queued',
      run_at_ms: afterMs(Math.min(LONGEST_DELAY_MS, wanted.delayMs ?? 0)),
      attempts: 0,
      max_attempts: maxAttempts,
      progress: 0,
      fence: 0,
      is_cancel_requested: 0,
      created_at_ms: databaseNowMs,
      modified_at_ms: databaseNowMs,
    };
    const { row, isNew } = await this.#sessions.withSession({ name: 'enqueue job' }, async (db) => {
      const twin = await findPending(db, wanted.kind, values.dedupe_key);
      if (twin) return { row: twin, isNew: false };
      const added = await db.insertInto('jobs').values(values).returningAll().executeTakeFirstOrThrow();
      return { row: added, isNew: true };
    });
    return { job: isNew ? this.#tell(row) : toJob(row), isNew };
  }

  async lease(kinds: readonly string[], leaseMs: number): Promise<LeasedJob | undefined> {
    if (kinds.length === 0) return undefined;
    const { ended, leased } = await this.#sessions.withSession({ name: 'lease job' }, async (db) => {
      const [ended, leased] = await Promise.all([buryAbandoned(db, false), leaseRow(db, kinds, leaseMs)]);
      return { ended, leased };
    });
    for (const row of ended) this.#tell(row);
    return leased && { ...this.#tell(leased), fence: leased.fence };
  }

  async heartbeat(
    id: string,
    fence: number,
    beat: { leaseMs: number; progress?: number },
  ): Promise<{ isCancelRequested: boolean }> {
    const row = await this.#sessions.withSession({ name: 'job heartbeat' }, (db) =>
      db
        .updateTable('jobs')
        .set({
          leased_until_ms: afterMs(beat.leaseMs),
          modified_at_ms: databaseNowMs,
          ...(beat.progress === undefined ? {} : { progress: Math.min(1, Math.max(0, beat.progress)) }),
        })
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('state', '=', 'running')
        .returningAll()
        .executeTakeFirst(),
    );
    if (!row) return leaseLost(id, fence);
    this.#tell(row);
    return { isCancelRequested: row.is_cancel_requested === 1 };
  }

  complete(id: string, fence: number): Promise<Job> {
    return this.#end('complete job', id, fence, () => ({ state: 'done', progress: 1 }));
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
      const current = await requireRow(db, id);
      if (current.state !== 'queued' && current.state !== 'running') return current;
      const change = current.state === 'queued' ? { state: 'cancelled' } : { is_cancel_requested: 1 };
      return update(db, id, { ...change, modified_at_ms: databaseNowMs });
    });
    return this.#tell(row);
  }

  async retry(id: string): Promise<Job> {
    const row = await this.#sessions.withSession({ name: 'retry job' }, async (db) => {
      const current = await requireRow(db, id);
      if (current.state !== 'dead' && current.state !== 'cancelled') return current;
      const twin = await findPending(db, current.kind, current.dedupe_key);
      if (twin) return twin;
      return update(db, id, {
        state: 'queued',
        attempts: 0,
        progress: 0,
        run_at_ms: databaseNowMs,
        modified_at_ms: databaseNowMs,
      });
    });
    return this.#tell(row);
  }

  async find(id: string): Promise<Job | undefined> {
    const row = await this.#sessions.withSession({ name: 'find job', readonly: true }, (db) =>
      db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row && toJob(row);
  }

  async list(filter: JobFilter = {}): Promise<readonly Job[]> {
    const { state, kind, limit = LIST_LIMIT.default } = filter;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT.max)) {
      throw new VoiceRecorderError(
        'invalid-input',
        `The limit is ${limit}; expected a whole number from 1 to ${LIST_LIMIT.max}.`,
      );
    }
    const rows = await this.#sessions.withSession({ name: 'list jobs', readonly: true }, (db) => {
      let select = db.selectFrom('jobs').selectAll();
      if (state !== undefined) select = select.where('state', '=', state);
      if (kind !== undefined) select = select.where('kind', '=', kind);
      return select.orderBy('modified_at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
    });
    return rows.map(toJob);
  }

  async releaseAll(): Promise<number> {
    const { ended, freed } = await this.#sessions.withSession({ name: 'release all jobs' }, async (db) => {
      const ended = await buryAbandoned(db, true);
      const freed = await db
        .updateTable('jobs')
        .set({
          state: 'queued',
          leased_until_ms: null,
          progress: 0,
          run_at_ms: databaseNowMs,
          modified_at_ms: databaseNowMs,
        })
        .where(sql<boolean>`state = 'running'`)
        .returningAll()
        .execute();
      return { ended, freed };
    });
    for (const row of [...ended, ...freed]) this.#tell(row);
    return ended.length + freed.length;
  }

  async forgetFinished(olderThanMs: number): Promise<number> {
    const { numDeletedRows } = await this.#sessions.withSession({ name: 'forget finished jobs' }, (db) =>
      db
        .deleteFrom('jobs')
        .where('state', 'in', ['done', 'cancelled'])
        .where('modified_at_ms', '<', afterMs(-olderThanMs))
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
      endLease(db, id, fence, change(await requireRow(db, id))),
    );
    return this.#tell(row);
  }

  #tell(row: JobRow): Job {
    const job = toJob(row);
    for (const listener of this.#listeners) listener(job);
    return job;
  }
}

async function requireRow(db: Kysely<StoreSchema>, id: string): Promise<JobRow> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new VoiceRecorderError('job-unknown', `There is no job with the id ${id}.`);
  return row;
}

async function findPending(
  db: Kysely<StoreSchema>,
  kind: string,
  dedupeKey: string | null,
): Promise<JobRow | undefined> {
  if (dedupeKey === null) return undefined;
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('kind', '=', kind)
    .where('dedupe_key', '=', dedupeKey)
    .where(sql<boolean>`state IN ('queued', 'running') AND dedupe_key IS NOT NULL`)
    .executeTakeFirst();
}

function update(
  db: Kysely<StoreSchema>,
  id: string,
  change: UpdateObject<StoreSchema, 'jobs'>,
): Promise<JobRow> {
  return db.updateTable('jobs').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}
