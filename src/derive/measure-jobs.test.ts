import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { DatabaseJobQueue } from '../jobs/database-job-queue.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { AudioMeasurement } from '../model/audio-measurement.ts';
import { measureJobs } from './measure-jobs.ts';

const soundOf = (letter: string): AudioMeasurement => ({
  audioChecksum: letter.repeat(64),
  audioChecksumMethod: 'packets-v1',
  loudness: null,
  silenceShare: 0,
  remark: null,
});

describe('a worker that stood still while it measured', () => {
  it('enters nothing once another one holds its job', async () => {
    await using catalogue = await scratchCatalogue();
    const { recordings, contexts } = catalogue;
    const { id } = await addRecording(catalogue);
    const queue = new DatabaseJobQueue(contexts, { random: () => 0 });
    const begun = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<AudioMeasurement>();
    const told: unknown[] = [];
    const jobsWith = (measure: () => Promise<AudioMeasurement>) =>
      measureJobs({
        queue,
        recordings,
        media: { measure },
        localPath: (key) => key,
        onMeasured: (recording) => told.push(recording.audioChecksum),
        onFault: (error) => told.push(error),
      });
    const late = jobsWith(() => {
      begun.resolve();
      return goesOn.promise;
    });
    await late.enqueue(id);
    await contexts.withSession({}, (db) => sql`UPDATE jobs SET run_at_ms = 0`.execute(db));
    const faults: unknown[] = [];
    const onFault = (error: unknown) => faults.push(error);
    const first = new JobRunner({ queue, handlers: late.handlers, pollMs: 3_600_000, onFault });
    first.start();
    await begun.promise;
    // Its lease runs out, and another one takes the job up.
    await contexts.withSession({}, (db) => sql`UPDATE jobs SET leased_until_ms = 1`.execute(db));
    const held = await queue.lease(['measure'], 60_000);
    goesOn.resolve(soundOf('a'));
    await first.stop({ patienceMs: 60_000 });
    expect(await recordings.find(id)).toMatchObject({ audioChecksum: null, version: 1 });
    expect({ told, faults }).toEqual({ told: [], faults: [] });
    // Whoever holds it enters what it found.
    await queue.release(held?.id ?? '', held?.fence ?? 0);
    const next = jobsWith(async () => soundOf('b'));
    const second = new JobRunner({ queue, handlers: next.handlers, pollMs: 3_600_000, onFault });
    second.start();
    await expect.poll(() => recordings.find(id)).toMatchObject({ audioChecksum: 'b'.repeat(64) });
    await second.stop({ patienceMs: 60_000 });
    expect(told).toEqual(['b'.repeat(64)]);
  });
});
