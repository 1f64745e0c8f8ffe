import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Job, JobState } from '../model/job.ts';
import { DatabaseJobQueue } from './database-job-queue.ts';
import { completeWithEffect } from './job-fence.ts';
import type { JobHandler } from './job-handler.ts';
import { JobRunner } from './job-runner.ts';

async function withRunner(
  handlers: Record<string, JobHandler>,
  tuning: { leaseMs?: number; pollMs?: number } = {},
) {
  const catalogue = await scratchCatalogue();
  const queue = new DatabaseJobQueue(catalogue.contexts, { random: () => 0 });
  const faults: unknown[] = [];
  // No polling unless asked for: what is tested must not depend on it.
  const runner = new JobRunner({
    queue,
    handlers,
    pollMs: 3_600_000,
    ...tuning,
    onFault: (error) => faults.push(error),
  });
  runner.start();
  const reached = (id: string, state: JobState) =>
    new Promise<Job>((resolve) => {
      const look = (job: Job | undefined) => {
        if (job?.id !== id || job.state !== state) return;
        end();
        resolve(job);
      };
      const end = queue.subscribe(look);
      queue.find(id).then(look, () => undefined);
    });
  return {
    queue,
    runner,
    reached,
    faults,
    catalogue,
    [Symbol.asyncDispose]: async () => {
      await runner.stop();
      await catalogue[Symbol.asyncDispose]();
    },
  };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('a job runner', () => {
  it('runs a job as soon as it is enqueued', async () => {
    const payloads: unknown[] = [];
    await using house = await withRunner({
      peaks: {
        run: async (payload) => {
          payloads.push(payload);
        },
      },
    });
    const { job } = await house.queue.enqueue({ kind: 'peaks', payload: { n: 1 } });
    expect(await house.reached(job.id, 'done')).toMatchObject({ progress: 1, attempts: 1 });
    expect(payloads).toEqual([{ n: 1 }]);
  });

  it('runs what an earlier program left behind', async () => {
    await using catalogue = await scratchCatalogue();
    const queue = new DatabaseJobQueue(catalogue.contexts);
    const { job } = await queue.enqueue({ kind: 'a', payload: null });
    await queue.lease(['a'], 60_000);
    await queue.releaseAll();
    const ran = Promise.withResolvers<Job>();
    const runner = new JobRunner({
      queue,
      handlers: { a: { run: async (_, context) => ran.resolve(context.job) } },
    });
    runner.start();
    expect(await ran.promise).toMatchObject({ id: job.id, attempts: 2 });
    await runner.stop({ patienceMs: 10_000 });
    expect((await queue.find(job.id))?.state).toBe('done');
  });

  it('keeps to the number of each kind', async () => {
    const active = { wide: 0, narrow: 0 };
    const most = { wide: 0, narrow: 0 };
    const areThree = Promise.withResolvers<void>();
    const handler = (kind: 'wide' | 'narrow', concurrency?: number): JobHandler => ({
      ...(concurrency === undefined ? {} : { concurrency }),
      run: async () => {
        most[kind] = Math.max(most[kind], ++active[kind]);
        if (active.wide === 3) areThree.resolve();
        if (kind === 'wide') await areThree.promise;
        await new Promise((resolve) => setTimeout(resolve, 5));
        active[kind]--;
      },
    });
    await using house = await withRunner({ wide: handler('wide', 3), narrow: handler('narrow') });
    const jobs = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        house.queue.enqueue({ kind: i % 2 ? 'wide' : 'narrow', payload: i }),
      ),
    );
    await Promise.all(jobs.map(({ job }) => house.reached(job.id, 'done')));
    expect(most).toEqual({ narrow: 1, wide: 3 });
  });

  it('refuses a number of jobs at once that is none', async () => {
    await using catalogue = await scratchCatalogue();
    const queue = new DatabaseJobQueue(catalogue.contexts);
    for (const concurrency of [0, 1.5, Number.NaN]) {
      const handlers = { odd: { concurrency, run: async () => undefined } };
      expect(() => new JobRunner({ queue, handlers })).toThrow(/cannot run .* at once/);
    }
  });

  it('hands the fence of its lease to the handler, whose effect may end the job', async () => {
    const signals: AbortSignal[] = [];
    await using house = await withRunner({
      sealed: {
        run: async (_, { job: { id }, fence, signal }) => {
          signals.push(signal);
          await house.catalogue.contexts.withSession({}, (db) => completeWithEffect(db, { id, fence }));
        },
      },
    });
    const { job } = await house.queue.enqueue({ kind: 'sealed', payload: null });
    expect(await house.reached(job.id, 'done')).toMatchObject({ attempts: 1, progress: 1 });
    await house.runner.stop();
    expect({ faults: house.faults, isAborted: signals[0]?.aborted }).toEqual({
      faults: [],
      isAborted: false,
    });
  });

  it('tries a failed job again and enters a failure for good', async () => {
    let runs = 0;
    await using house = await withRunner(
      {
        shaky: {
          run: async () => {
            if (++runs < 3) throw new Error('EIO');
          },
        },
        hopeless: {
          run: async () => {
            throw new VoiceRecorderError('audio-unreadable', 'It cannot be decoded.');
          },
        },
      },
      { pollMs: 20 },
    );
    const shaky = (await house.queue.enqueue({ kind: 'shaky', payload: null })).job;
    const hopeless = (await house.queue.enqueue({ kind: 'hopeless', payload: null })).job;
    expect(await house.reached(shaky.id, 'done')).toMatchObject({ attempts: 3 });
    expect(await house.reached(hopeless.id, 'dead')).toMatchObject({
      attempts: 1,
      error: { code: 'audio-unreadable', message: 'It cannot be decoded.' },
    });
  });

  it('stops a running job that is cancelled', async () => {
    const started = Promise.withResolvers<void>();
    await using house = await withRunner({
      long: {
        run: async (_, { signal }) => {
          started.resolve();
          await untilAborted(signal);
        },
      },
    });
    const { job } = await house.queue.enqueue({ kind: 'long', payload: null });
    await started.promise;
    await house.queue.cancel(job.id);
    expect(await house.reached(job.id, 'cancelled')).toMatchObject({ isCancelRequested: false });
  });

  it('notes progress while a job runs', async () => {
    const release = Promise.withResolvers<void>();
    await using house = await withRunner({
      slow: {
        run: async (_, { reportProgress }) => {
          reportProgress(0.1);
          reportProgress(0.5);
          await release.promise;
        },
      },
    });
    const seen = new Promise<number>((resolve) => {
      house.queue.subscribe((job) => {
        if (job.progress > 0) resolve(job.progress);
      });
    });
    const { job } = await house.queue.enqueue({ kind: 'slow', payload: null });
    expect(await seen).toBe(0.5);
    release.resolve();
    await house.reached(job.id, 'done');
  });

  it('renews its lease while the work goes on', async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using house = await withRunner(
      {
        long: {
          run: async () => {
            started.resolve();
            await release.promise;
          },
        },
      },
      { leaseMs: 9_000 },
    );
    const { job } = await house.queue.enqueue({ kind: 'long', payload: null });
    await started.promise;
    const leaseEnd = () =>
      house.catalogue.contexts.withSession({ readonly: true }, async (db) => {
        const row = await db.selectFrom('jobs').select('leased_until_ms').executeTakeFirst();
        return row?.leased_until_ms ?? 0;
      });
    const first = await leaseEnd();
    await expect.poll(leaseEnd).toBeGreaterThan(first);
    release.resolve();
    expect(await house.reached(job.id, 'done')).toMatchObject({ attempts: 1 });
  });

  it('stops a handler whose lease went to somebody else', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const started = Promise.withResolvers<void>();
    await using house = await withRunner(
      {
        long: {
          run: async (_, { signal }) => {
            started.resolve();
            await untilAborted(signal).catch((error: unknown) => {
              aborted.resolve(error);
              throw error;
            });
          },
        },
      },
      { leaseMs: 200 },
    );
    await house.queue.enqueue({ kind: 'long', payload: null });
    await started.promise;
    await house.catalogue.contexts.withSession({}, (db) =>
      db
        .updateTable('jobs')
        .set({ fence: 77, leased_until_ms: Date.now() + 3_600_000 })
        .execute(),
    );
    expect(await aborted.promise).toMatchObject({ code: 'job-lease-lost' });
    await house.runner.stop();
    expect(await house.queue.list()).toMatchObject([{ state: 'running' }]);
    expect(house.faults).toEqual([]);
  });

  it('waits for its jobs when it is stopped', async () => {
    const started = Promise.withResolvers<void>();
    await using house = await withRunner({
      short: {
        run: async () => {
          started.resolve();
          await new Promise((resolve) => setTimeout(resolve, 30));
        },
      },
    });
    const { job } = await house.queue.enqueue({ kind: 'short', payload: null });
    await started.promise;
    await house.runner.stop({ patienceMs: 60_000 });
    expect((await house.queue.find(job.id))?.state).toBe('done');
    await house.queue.enqueue({ kind: 'short', payload: null });
    expect((await house.queue.list({ state: 'queued' })).length).toBe(1);
  });

  it('gives its jobs back when they take too long to wait for', async () => {
    const started = Promise.withResolvers<void>();
    await using house = await withRunner({
      endless: {
        run: async (_, { signal }) => {
          started.resolve();
          await untilAborted(signal);
        },
      },
    });
    const { job } = await house.queue.enqueue({ kind: 'endless', payload: null });
    await started.promise;
    await house.runner.stop({ patienceMs: 10 });
    expect(await house.queue.find(job.id)).toMatchObject({ state: 'queued', attempts: 0 });
  });
});
