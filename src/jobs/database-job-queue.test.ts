import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScratchCatalogue, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { toIsoUtc } from '../model/clock.ts';
import type { Job, JobPriority } from '../model/job.ts';
import { DatabaseJobQueue } from './database-job-queue.ts';
import { completeWithEffect, type JobLease, withFence } from './job-fence.ts';

const LEASE_MS = 60_000;

let catalogue: ScratchCatalogue;
beforeAll(async () => {
  catalogue = await scratchCatalogue();
  await catalogue.contexts.withSession({}, (db) =>
    sql`CREATE TABLE IF NOT EXISTS effects (job_id TEXT NOT NULL, fence BIGINT NOT NULL)`.execute(db),
  );
});
afterAll(() => catalogue[Symbol.asyncDispose]());

/** A queue that nothing was ever put into. */
async function emptyQueue(random: () => number = () => 0): Promise<DatabaseJobQueue> {
  await catalogue.contexts.withSession({}, async (db) => {
    await sql`DELETE FROM jobs`.execute(db);
    await sql`DELETE FROM effects`.execute(db);
  });
  return new DatabaseJobQueue(catalogue.contexts, { random });
}

/** Makes the lease of a job run out, as time would. */
async function expireLease(id: string): Promise<void> {
  await catalogue.contexts.withSession({}, (db) =>
    sql`UPDATE jobs SET leased_until_ms = leased_until_ms - ${LEASE_MS + 1_000} WHERE id = ${id}`.execute(db),
  );
}

describe('enqueue', () => {
  it('keeps the payload and survives a restart', async () => {
    const queue = await emptyQueue();
    const payload = { id: 'x', list: [1, null, 'ü'] };
    const { job, isNew } = await queue.enqueue({ kind: 'peaks', payload });
    expect({ job, isNew }).toMatchObject({
      isNew: true,
      job: { state: 'queued', attempts: 0, payload, error: null },
    });
    catalogue = await catalogue.reopen();
    expect(await new DatabaseJobQueue(catalogue.contexts).find(job.id)).toEqual(job);
  });

  it('adds a job with the same key only when none is pending', async () => {
    const queue = await emptyQueue();
    const wish = { kind: 'peaks', payload: 1, dedupeKey: 'recording-1' };
    const results = await Promise.all(Array.from({ length: 10 }, () => queue.enqueue(wish)));
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(results.map(({ job }) => job.id)).size).toBe(1);
    expect((await queue.enqueue({ ...wish, kind: 'playable' })).isNew).toBe(true);
    const leased = await queue.lease(['peaks'], LEASE_MS);
    expect((await queue.enqueue(wish)).isNew).toBe(false);
    await queue.complete(leased?.id ?? '', leased?.fence ?? 0);
    expect((await queue.enqueue(wish)).isNew).toBe(true);
  });

  it('lets the pending one take over a higher priority, and no lower one', async () => {
    const queue = await emptyQueue();
    const wish = { kind: 'measure', payload: 1, dedupeKey: 'recording-1' };
    const { job } = await queue.enqueue({ ...wish, priority: 'low' });
    for (const [priority, taken] of [
      ['high', 'high'],
      ['normal', 'high'],
    ] as const) {
      const twin = await queue.enqueue({ ...wish, priority });
      expect(twin).toMatchObject({ isNew: false, job: { id: job.id, priority: taken } });
    }
  });

  it('refuses a number of attempts that is none', async () => {
    const queue = await emptyQueue();
    await expect(queue.enqueue({ kind: 'a', payload: 1, maxAttempts: 0 })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});

describe('lease', () => {
  it('hands each job to one holder, oldest first, of the kinds asked for', async () => {
    const queue = await emptyQueue();
    const ids: string[] = [];
    for (let i = 0; i < 6; i++)
      ids.push((await queue.enqueue({ kind: i % 2 ? 'b' : 'a', payload: i })).job.id);
    expect(await queue.lease([], LEASE_MS)).toBeUndefined();
    expect(await queue.lease(['c'], LEASE_MS)).toBeUndefined();
    const first = await queue.lease(['b'], LEASE_MS);
    expect(first).toMatchObject({ id: ids[1], state: 'running', attempts: 1, fence: 1 });
    const rest: unknown[] = [];
    for (let i = 0; i < 3; i++) rest.push((await queue.lease(['a', 'b'], LEASE_MS))?.id);
    expect(rest).toEqual([ids[0], ids[2], ids[3]]);
    const last = await Promise.all(Array.from({ length: 5 }, () => queue.lease(['a', 'b'], LEASE_MS)));
    expect(last.flatMap((job) => job?.id ?? []).sort()).toEqual([ids[4], ids[5]].sort());
  });

  it('prefers what matters more to what waits longer', async () => {
    const queue = await emptyQueue();
    const enqueue = async (priority: JobPriority, kind = 'a') =>
      (await queue.enqueue({ kind, payload: null, priority })).job.id;
    const low = await enqueue('low');
    const normal = await enqueue('normal', 'b');
    const high = await enqueue('high');
    await queue.enqueue({ kind: 'b', payload: null, priority: 'high', delayMs: 60_000 });
    const order: unknown[] = [];
    for (let i = 0; i < 4; i++) order.push((await queue.lease(['a', 'b'], LEASE_MS))?.id);
    expect(order).toEqual([high, normal, low, undefined]);
  });

  it('says since when a job runs', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    expect(job.startedAt).toBeNull();
    const leased = await queue.lease(['a'], LEASE_MS);
    expect(leased?.startedAt).toBe(leased?.modifiedAt);
  });

  it('waits until a job is due', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1, delayMs: 60_000 });
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    await catalogue.contexts.withSession({}, (db) =>
      sql`UPDATE jobs SET run_at_ms = run_at_ms - 60001`.execute(db),
    );
    expect((await queue.lease(['a'], LEASE_MS))?.id).toBe(job.id);
  });

  it('hands a job over when its lease ran out, and shuts the old holder out', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    const old = await queue.lease(['a'], LEASE_MS);
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    await expireLease(job.id);
    const heir = await queue.lease(['a'], LEASE_MS);
    expect(heir).toMatchObject({ id: job.id, attempts: 2, fence: 2 });
    const oldFence = old?.fence ?? 0;
    const lost = { code: 'job-lease-lost' };
    await expect(queue.heartbeat(job.id, oldFence, { leaseMs: LEASE_MS })).rejects.toMatchObject(lost);
    await expect(queue.complete(job.id, oldFence)).rejects.toMatchObject(lost);
    await expect(queue.release(job.id, oldFence)).rejects.toMatchObject(lost);
    await expect(queue.acknowledgeCancel(job.id, oldFence)).rejects.toMatchObject(lost);
    const fault = { code: 'internal', message: 'x', isRetryable: true };
    await expect(queue.fail(job.id, oldFence, fault)).rejects.toMatchObject(lost);
    expect(await queue.complete(job.id, 2)).toMatchObject({ state: 'done', progress: 1 });
    expect(await queue.complete(job.id, 2)).toMatchObject({ state: 'done' });
    await expect(queue.release(job.id, 2)).rejects.toMatchObject(lost);
  });

  it('is prolonged by heartbeats, which note the progress', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    await queue.lease(['a'], LEASE_MS);
    await expireLease(job.id);
    expect(await queue.heartbeat(job.id, 1, { leaseMs: LEASE_MS, progress: 0.25 })).toEqual({
      isCancelRequested: false,
    });
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    expect(await queue.find(job.id)).toMatchObject({ progress: 0.25, state: 'running' });
    await queue.heartbeat(job.id, 1, { leaseMs: LEASE_MS, progress: 17 });
    expect((await queue.find(job.id))?.progress).toBe(1);
  });

  it('buries a job that took its holder down every time', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1, maxAttempts: 2 });
    for (let i = 0; i < 2; i++) {
      expect((await queue.lease(['a'], LEASE_MS))?.id).toBe(job.id);
      await expireLease(job.id);
    }
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    expect(await queue.find(job.id)).toMatchObject({ state: 'dead', error: { code: 'job-abandoned' } });
  });
});

describe('fail', () => {
  it('tries again after a pause that doubles, and gives up after the last attempt', async () => {
    const queue = await emptyQueue(() => 1);
    const { job } = await queue.enqueue({ kind: 'a', payload: 1, maxAttempts: 4 });
    const fault = { code: 'media-crashed', message: 'The child died.', isRetryable: true };
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      await catalogue.contexts.withSession({}, (db) => sql`UPDATE jobs SET run_at_ms = 0`.execute(db));
      expect(await queue.lease(['a'], LEASE_MS)).toMatchObject({ attempts: attempt });
      const failed = await queue.fail(job.id, attempt, fault);
      if (attempt < 4) pauses.push(Date.parse(failed.runAt) - Date.parse(failed.modifiedAt));
      expect(failed.state).toBe(attempt < 4 ? 'queued' : 'dead');
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    expect(await queue.find(job.id)).toMatchObject({ error: { code: fault.code, message: fault.message } });
  });

  it('gives up at once when trying again is no use', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    await queue.lease(['a'], LEASE_MS);
    await queue.fail(job.id, 1, { code: 'audio-unreadable', message: 'No.', isRetryable: false });
    expect((await queue.list({ state: 'dead' })).map(({ id }) => id)).toEqual([job.id]);
  });

  it('lets a person have a dead job tried anew, unless its twin is pending', async () => {
    const queue = await emptyQueue();
    const wish = { kind: 'a', payload: 1, dedupeKey: 'k' };
    const { job } = await queue.enqueue(wish);
    await queue.lease(['a'], LEASE_MS);
    await queue.fail(job.id, 1, { code: 'internal', message: 'No.', isRetryable: false });
    const twin = (await queue.enqueue(wish)).job;
    expect((await queue.retry(job.id)).id).toBe(twin.id);
    await queue.cancel(twin.id);
    expect(await queue.retry(job.id)).toMatchObject({ id: job.id, state: 'queued', attempts: 0 });
    expect(await queue.lease(['a'], LEASE_MS)).toMatchObject({ id: job.id, fence: 2 });
    await expect(queue.retry('nobody')).rejects.toMatchObject({ code: 'job-unknown' });
  });
});

describe('cancel', () => {
  it('ends a queued job at once and tells the holder of a running one', async () => {
    const queue = await emptyQueue();
    const first = (await queue.enqueue({ kind: 'a', payload: 1 })).job;
    expect(await queue.cancel(first.id)).toMatchObject({ state: 'cancelled' });
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    const second = (await queue.enqueue({ kind: 'a', payload: 2 })).job;
    await queue.lease(['a'], LEASE_MS);
    expect(await queue.cancel(second.id)).toMatchObject({ state: 'running', isCancelRequested: true });
    expect(await queue.heartbeat(second.id, 1, { leaseMs: LEASE_MS })).toEqual({ isCancelRequested: true });
    expect(await queue.acknowledgeCancel(second.id, 1)).toMatchObject({
      state: 'cancelled',
      isCancelRequested: false,
    });
    await expect(queue.cancel('nobody')).rejects.toMatchObject({ code: 'job-unknown' });
  });

  it('holds when the holder is gone', async () => {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    await queue.lease(['a'], LEASE_MS);
    await queue.cancel(job.id);
    await expireLease(job.id);
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
    expect((await queue.find(job.id))?.state).toBe('cancelled');
    await queue.retry(job.id);
    const again = await queue.lease(['a'], LEASE_MS);
    const beat = await queue.heartbeat(job.id, again?.fence ?? 0, { leaseMs: LEASE_MS });
    expect(beat).toEqual({ isCancelRequested: false });
  });
});

describe('releaseAll', () => {
  it('frees every lease at once, but buries what had its last attempt', async () => {
    const queue = await emptyQueue();
    const healthy = (await queue.enqueue({ kind: 'a', payload: 1 })).job;
    const deadly = (await queue.enqueue({ kind: 'a', payload: 2, maxAttempts: 1 })).job;
    await queue.lease(['a'], LEASE_MS);
    await queue.lease(['a'], LEASE_MS);
    expect(await queue.releaseAll()).toBe(2);
    expect(await queue.find(deadly.id)).toMatchObject({ state: 'dead', error: { code: 'job-abandoned' } });
    expect(await queue.lease(['a'], LEASE_MS)).toMatchObject({ id: healthy.id, attempts: 2 });
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
  });

  it('leaves the leases of other nodes alone, and frees those of programs that had no names', async () => {
    const queue = await emptyQueue();
    const other = new DatabaseJobQueue(catalogue.contexts, { holder: 'other' });
    for (const payload of [1, 2, 3]) await queue.enqueue({ kind: 'a', payload });
    const held = await other.lease(['a'], LEASE_MS);
    const nameless = await other.lease(['a'], LEASE_MS);
    const own = await queue.lease(['a'], LEASE_MS);
    await catalogue.contexts.withSession({}, (db) =>
      db
        .updateTable('jobs')
        .set({ holder: null })
        .where('id', '=', nameless?.id ?? '')
        .execute(),
    );
    expect(await queue.releaseAll()).toBe(2);
    expect((await queue.list({ state: 'queued' })).map(({ id }) => id).sort()).toEqual(
      [nameless?.id, own?.id].sort(),
    );
    expect(await queue.releaseAll('other')).toBe(1);
    expect((await queue.find(held?.id ?? ''))?.state).toBe('queued');
  });
});

describe('a fence', () => {
  /** Leases a job, lets the lease run out and another one begin. */
  async function withLostLease() {
    const queue = await emptyQueue();
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    const lost = await queue.lease(['a'], LEASE_MS);
    await expireLease(job.id);
    const held = await queue.lease(['a'], LEASE_MS);
    if (!lost || !held) throw new Error('Nothing was leased.');
    const write = (fence: typeof withFence, lease: JobLease) =>
      catalogue.contexts.withSession({}, async (db) => {
        await sql`INSERT INTO effects (job_id, fence) VALUES (${lease.id}, ${lease.fence})`.execute(db);
        await fence(db, lease);
      });
    const effects = () =>
      catalogue.contexts.withSession({ readonly: true }, async (db) => {
        const { rows } = await sql<{ fence: number }>`SELECT fence FROM effects`.execute(db);
        return rows.map(({ fence }) => Number(fence));
      });
    return { queue, lost, held, write, effects };
  }

  it('undoes what a holder wrote whose lease was lost', async () => {
    const { lost, held, write, effects } = await withLostLease();
    for (const fence of [withFence, completeWithEffect])
      await expect(write(fence, lost)).rejects.toMatchObject({ code: 'job-lease-lost' });
    expect(await effects()).toEqual([]);
    await write(withFence, held);
    expect(await effects()).toEqual([held.fence]);
  });

  it('ends the job together with its effect, once', async () => {
    const { queue, held, write, effects } = await withLostLease();
    await write(completeWithEffect, held);
    await expect(write(completeWithEffect, held)).rejects.toMatchObject({ code: 'job-lease-lost' });
    expect(await effects()).toEqual([held.fence]);
    expect(await queue.find(held.id)).toMatchObject({ state: 'done', progress: 1 });
    // What comes of the handler's end, and a heartbeat that was on its way.
    const beat = await queue.heartbeat(held.id, held.fence, { leaseMs: LEASE_MS });
    expect(beat).toEqual({ isCancelRequested: false });
    expect(await queue.complete(held.id, held.fence)).toMatchObject({ state: 'done' });
    expect(await queue.lease(['a'], LEASE_MS)).toBeUndefined();
  });
});

describe('list and forgetFinished', () => {
  it('shows by state and kind, last changed first, and forgets only old finished ones', async () => {
    const queue = await emptyQueue();
    const jobs: Job[] = [];
    for (const kind of ['a', 'a', 'b']) jobs.push((await queue.enqueue({ kind, payload: null })).job);
    const leased = await queue.lease(['a'], LEASE_MS);
    await queue.complete(leased?.id ?? '', 1);
    expect((await queue.list({ kind: 'a' })).map(({ state }) => state).toSorted()).toEqual([
      'done',
      'queued',
    ]);
    expect(await queue.list({ state: 'queued', limit: 1 })).toHaveLength(1);
    expect(await queue.count()).toEqual({ queued: 2, running: 0, dead: 0 });
    const changedAt = (await queue.find(leased?.id ?? ''))?.modifiedAt ?? '';
    expect((await queue.list({ since: changedAt })).map(({ id }) => id)).toContain(leased?.id);
    const later = toIsoUtc(Date.parse(changedAt) + 60_000);
    expect(await queue.list({ since: later })).toEqual([]);
    await expect(queue.list({ since: 'yesterday' })).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await queue.list()).toHaveLength(3);
    await expect(queue.list({ limit: 0 })).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await queue.forgetFinished(60_000)).toBe(0);
    await catalogue.contexts.withSession({}, (db) =>
      sql`UPDATE jobs SET modified_at_ms = modified_at_ms - 61000`.execute(db),
    );
    expect(await queue.forgetFinished(60_000)).toBe(1);
    expect(await queue.list()).toHaveLength(2);
  });
});

describe('subscribe', () => {
  it('tells of each committed change until it is ended', async () => {
    const queue = await emptyQueue();
    const seen: string[] = [];
    const end = queue.subscribe(({ state }) => seen.push(state));
    const { job } = await queue.enqueue({ kind: 'a', payload: 1 });
    await queue.lease(['a'], LEASE_MS);
    await queue.complete(job.id, 1);
    end();
    await queue.enqueue({ kind: 'a', payload: 1 });
    expect(seen).toEqual(['queued', 'running', 'done']);
  });
});

describe('the load', () => {
  it('says of each kind what waits, runs and failed, and how long the one that is due longest has waited', async () => {
    const queue = await emptyQueue();
    expect(await queue.load()).toEqual([]);
    await queue.enqueue({ kind: 'peaks', payload: 1 });
    const { job: old } = await queue.enqueue({ kind: 'peaks', payload: 2 });
    const { job: later } = await queue.enqueue({ kind: 'measure', payload: 3, delayMs: 60_000 });
    const { job: done } = await queue.enqueue({ kind: 'joined', payload: 4 });
    const { job: dead } = await queue.enqueue({ kind: 'joined', payload: 5, maxAttempts: 1 });
    const running = await queue.lease(['joined'], LEASE_MS);
    expect(running?.id).toBe(done.id);
    await queue.complete(done.id, running?.fence ?? 0);
    const failing = await queue.lease(['joined'], LEASE_MS);
    expect(failing?.id).toBe(dead.id);
    await queue.fail(dead.id, failing?.fence ?? 0, {
      code: 'internal',
      message: 'no',
      isRetryable: false,
    });
    await catalogue.contexts.withSession({}, (db) =>
      sql`UPDATE jobs SET run_at_ms = run_at_ms - 90000 WHERE id = ${old.id}`.execute(db),
    );
    const load = await queue.load();
    expect(load.map(({ oldestWaitSeconds: _, ...counts }) => counts)).toEqual([
      { kind: 'joined', queued: 0, running: 0, dead: 1 },
      { kind: 'measure', queued: 1, running: 0, dead: 0 },
      { kind: 'peaks', queued: 2, running: 0, dead: 0 },
    ]);
    const waits = Object.fromEntries(load.map(({ kind, oldestWaitSeconds }) => [kind, oldestWaitSeconds]));
    expect(waits).toMatchObject({ joined: 0, measure: 0 });
    expect(waits['peaks']).toBeGreaterThanOrEqual(90);
    expect(later.state).toBe('queued');
  });
});
