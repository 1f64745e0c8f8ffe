import { describe, expect, it } from 'vitest';
import { type Catalogue, openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { systemClock } from '../../src/model/clock.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { newId } from '../../src/model/id.ts';
import { openPostgres } from '../databases.ts';
import { startPostgres } from '../postgres-server.ts';
import { addRecording } from '../scratch-catalogue.ts';
import { startCommitCutter } from './commit-cutter.ts';

const postgres = await openPostgres();

const open = (settings: PostgresSettings, retries: number) =>
  openCatalogue({
    file: '',
    backupFolder: '',
    clock: systemClock,
    postgres: settings,
    contextConfig: { retries },
  });

const job = (id: string) => ({
  id,
  kind: 'test',
  payload: 'null',
  priority: 1,
  state: 'queued',
  run_at_ms: 0,
  max_attempts: 1,
  progress: 0,
  fence: 0,
  attempts: 0,
  is_cancel_requested: 0,
  created_at_ms: 0,
  modified_at_ms: 0,
});

const countJobs = (catalogue: Catalogue) =>
  catalogue.contexts.withSession({ readonly: true }, async (db) => {
    const row = await db
      .selectFrom('jobs')
      .select(db.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return row.n;
  });

describe.skipIf(postgres.skipReason)('a connection that breaks during COMMIT', () => {
  it.each(['never-arrives', 'answer-is-lost'] as const)('is asked about: %s', async (fate) => {
    const { settings, remove } = await postgres.create();
    await using cutter = await startCommitCutter(settings.port);
    const catalogue = await open({ ...settings, port: cutter.port }, 3);
    let attempts = 0;
    cutter.cutNext(fate);
    await catalogue.contexts.withSession({ name: 'cut' }, async (db) => {
      attempts++;
      await db
        .insertInto('jobs')
        .values(job(newId(0)))
        .execute();
    });
    // Once it is there already, it is not done again.
    expect({ attempts, cuts: cutter.cuts, jobs: await countJobs(catalogue) }).toEqual({
      attempts: fate === 'never-arrives' ? 2 : 1,
      cuts: 1,
      jobs: 1,
    });
    await catalogue.close();
    await remove();
  });

  it('says that nobody knows when the server does not come back', async () => {
    const { settings, remove } = await postgres.create();
    await using cutter = await startCommitCutter(settings.port);
    const catalogue = await open({ ...settings, port: cutter.port, settleLimitMs: 200 }, 3);
    cutter.cutNext('answer-is-lost', { isGone: true });
    const failure: unknown = await catalogue.contexts
      .withSession({}, (db) =>
        db
          .insertInto('jobs')
          .values(job(newId(0)))
          .execute(),
      )
      .catch((error: unknown) => error);
    expect(failureCodeOf(failure)).toBe('catalogue-commit-unknown');
    await catalogue.close();
    await remove();
  });
});

describe.skipIf(postgres.skipReason)('a server that is killed', () => {
  it('loses nothing that was acknowledged and keeps nothing that was not; sessions go on once it is back', async () => {
    const server = await startPostgres({ isDurable: true });
    const catalogue = await open(server.settings, 10);
    try {
      const kept = await addRecording(catalogue, { title: 'kept' });
      let attempts = 0;
      let killed: Promise<void> | undefined;
      await catalogue.contexts.withSession({ name: 'interrupted' }, async (db) => {
        attempts++;
        await db
          .insertInto('jobs')
          .values(job(newId(0)))
          .execute();
        if (attempts > 1) return;
        await server.kill();
        killed = server.restart();
      });
      await killed;
      expect(attempts).toBeGreaterThan(1);
      expect(await countJobs(catalogue)).toBe(1);
      expect(await catalogue.recordings.find(kept.id)).toEqual(kept);
    } finally {
      await catalogue.close();
      await server.stop();
    }
  });
});
