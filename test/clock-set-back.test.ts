import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { CatalogueBackups } from '../src/backup/catalogue-backups.ts';
import { forecastFull } from '../src/capacity/forecast.ts';
import { VerificationRepository } from '../src/catalogue/verification-repository.ts';
import { planVerification } from '../src/cli/verify-plan.ts';
import { DatabaseJobQueue } from '../src/jobs/database-job-queue.ts';
import { toIsoUtc } from '../src/model/clock.ts';
import type { Recording } from '../src/model/recording.ts';
import type { FixityCheck } from '../src/model/verification.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { trashCleaner } from '../src/storage/trash-cleaner.ts';
import { scratchCatalogue } from './scratch-catalogue.ts';
import { someRecording } from './some-recording.ts';
import { StillClock } from './spool-desk.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

/* A clock that somebody, or a dead battery, set back by a day: nothing goes early, nothing waits for the day to come. */

const DAY_MS = 24 * 60 * 60 * 1000;

function checkOf({ id, storedFilename, checksum }: Recording, atMs: number): FixityCheck {
  const checkedAt = toIsoUtc(atMs);
  return { id, storedFilename, result: 'ok', expected: checksum, found: checksum, checkedAt, message: null };
}

describe('when the clock is set back by a day', () => {
  it('checks go on where they were: each recording once, the longest ago first', async () => {
    await using catalogue = await scratchCatalogue();
    const clock = new StillClock();
    const verification = new VerificationRepository(catalogue.contexts, clock);
    const all = Array.from({ length: 6 }, () => someRecording({ status: 'active' }));
    await catalogue.known.put(all.map((recording) => ({ recording })));
    const [old, ...today] = all as [Recording, ...Recording[]];
    await verification.enter([checkOf(old, clock.wallMs - 40 * DAY_MS)]);
    await verification.enter(today.slice(0, 4).map((one, index) => checkOf(one, clock.wallMs - index)));
    const due = async () => {
      const before = toIsoUtc(clock.wallMs - 30 * DAY_MS);
      const ids = (await verification.listOldest(10, before)).map(({ id }) => id);
      expect(await verification.countDue(before)).toBe(ids.length);
      return ids;
    };
    const neverChecked = today[4]?.id ?? '';
    expect(await due()).toEqual([neverChecked, old.id]);
    clock.wallMs -= DAY_MS;
    const dueNow = await due();
    expect(dueNow[0]).toBe(neverChecked);
    expect(new Set(dueNow)).toEqual(new Set(all.map(({ id }) => id)));
    // A round of the patrol: one after the other, never the same one again.
    const round: string[] = [];
    for (let [id] = dueNow; id !== undefined; [id] = await due()) {
      round.push(id);
      clock.wallMs += 1_000;
      const one = all.find((recording) => recording.id === id);
      if (one) await verification.enter([checkOf(one, clock.wallMs)]);
      expect(round.length).toBeLessThanOrEqual(all.length);
    }
    expect(new Set(round).size).toBe(all.length);
    clock.wallMs += DAY_MS;
    expect(await due()).toEqual([]);
  });

  it('a sample takes other recordings each time, and none that is due is passed over', async () => {
    const nowMs = Date.parse('2026-11-22T12:00:00.000Z');
    const kept = Array.from({ length: 10 }, (_, index) => ({
      ...someRecording({ status: 'active' }),
      // All of tomorrow's date, as they were checked before.
      lastVerifiedAt: toIsoUtc(nowMs + DAY_MS + index),
    }));
    const view = {
      list: async ({ isTrashed }: { isTrashed?: boolean }) => ({
        items: isTrashed ? [] : kept,
        nextCursor: null,
      }),
      find: async () => undefined,
      segmentsOf: async () => [],
      dataDir: '',
      storeId: undefined,
      close: async () => undefined,
    };
    const seen = new Set<string>();
    for (let night = 0; night < 5; night++) {
      const now = toIsoUtc(nowMs + night * 1_000);
      const { items } = await planVerification(view, { words: [], share: 0.2 }, now);
      expect(items).toHaveLength(2);
      for (const { id } of items) {
        seen.add(id);
        const one = kept.find((recording) => recording.id === id);
        if (one) one.lastVerifiedAt = now;
      }
    }
    expect(seen.size).toBe(10);
    const resumed = await planVerification(view, { words: [], before: toIsoUtc(nowMs) }, toIsoUtc(nowMs));
    expect(resumed.items).toHaveLength(8);
  });

  it('a job that is queued for tomorrow by the old time runs now; one that is put off waits', async () => {
    await using catalogue = await scratchCatalogue();
    const queue = new DatabaseJobQueue(catalogue.contexts);
    const { job } = await queue.enqueue({ kind: 'peaks', payload: 1 });
    await queue.enqueue({ kind: 'peaks', payload: 2, delayMs: 10 * 60_000 });
    await catalogue.contexts.withSession({}, (db) =>
      sql`UPDATE jobs SET run_at_ms = run_at_ms + ${DAY_MS} WHERE id = ${job.id}`.execute(db),
    );
    expect((await queue.lease(['peaks'], 60_000))?.id).toBe(job.id);
    expect(await queue.lease(['peaks'], 60_000)).toBeUndefined();
  });

  it('makes the daily snapshot once, however often the program is started, and rotates none of the others away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-clock-'));
    try {
      const clock = new StillClock();
      const made = () =>
        new CatalogueBackups({
          folder,
          rule: { days: 7, weeks: 4 },
          clock,
          snapshot: (target) => writeFile(target, 'a snapshot'),
          onFault: () => undefined,
        });
      for (let day = 0; day < 3; day++) {
        await made().createWhenDue();
        clock.pass(DAY_MS);
      }
      clock.wallMs -= DAY_MS + 3_600_000;
      const names = () => made().list();
      const before = await names();
      expect(before).toHaveLength(3);
      for (let start = 0; start < 5; start++) await made().createWhenDue();
      clock.pass(2 * 3_600_000);
      for (let start = 0; start < 5; start++) await made().createWhenDue();
      const after = await names();
      expect(after).toEqual(expect.arrayContaining([...before]));
      expect(after.length).toBeLessThanOrEqual(4);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('the forecast tells of no tomorrow, and of nothing where all days are still to come', () => {
    const nowMs = Date.parse('2026-11-22T12:00:00.000Z');
    const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];
    const growth = days.map((day) => ({ day, bytes: 1_000 }));
    const forecast = forecastFull(growth, '2026-11-01', 1e9, nowMs);
    expect(forecast).toMatchObject({ basedOnDays: 22, bytesPerDay: Math.round(3_000 / 22) });
    expect(forecastFull(growth, '2026-11-23', 1e9, nowMs)).toBeUndefined();
  });

  it('what is trashed then goes no sooner, what was trashed before stays, what is purged stays purged', async () => {
    const home = await mkdtemp(join(tmpdir(), 'vrp-clock-'));
    const clock = new StillClock();
    const open = () =>
      openVoiceRecorder({
        environment: 'testing',
        dataDir: join(home, 'data'),
        overrides: { stateDir: join(home, 'state') },
        runsJobs: false,
        clock,
      });
    await mkdir(join(home, 'data'));
    let recorder = await open();
    try {
      const ids: string[] = [];
      for (const seed of [1, 2, 3]) {
        const path = join(home, `voice-${seed}.wav`);
        await writeFile(path, wavBytes(voiceSamples(0.2, 8_000, seed), 8_000));
        ids.push((await recorder.library.importFile(path)).id ?? '');
      }
      const [before = '', during = '', purged = ''] = ids;
      const { modifiedAt } = await recorder.library.amend(during, { notes: 'Of today.' });
      await recorder.library.trash(before);
      clock.wallMs -= DAY_MS;
      expect((await recorder.library.trash(during)).trashedAt).toBe(modifiedAt);
      const { purgedAt } = await recorder.files.purge(purged);
      expect(purgedAt).toBe(toIsoUtc(clock.wallMs));
      const { library } = recorder;
      const oldTrash = async (retentionDays: number) => {
        const found: string[] = [];
        const purge = async () => ({ freedBytes: 0 });
        const desk = { list: library.list.bind(library), find: library.find.bind(library), purge };
        const cleaner = trashCleaner({ ...desk, nowMs: () => clock.nowMs(), retentionDays });
        for await (const { id } of cleaner.find()) found.push(id ?? '');
        return found;
      };
      expect(await oldTrash(7)).toEqual([]);
      clock.pass(7 * DAY_MS + 1_000);
      // By the wrong clock seven days have passed since the trashing, but it is dated by what is known better.
      expect(await oldTrash(7)).toEqual([]);
      clock.pass(DAY_MS);
      expect(new Set(await oldTrash(7))).toEqual(new Set([before, during]));
      const report = await recorder.storageReport();
      expect(report.forecast?.basedOnDays ?? 1).toBeGreaterThan(0);
      clock.wallMs -= 2 * DAY_MS;
      await recorder.close();
      recorder = await open();
      expect(await recorder.library.find(purged)).toBeUndefined();
      expect(await recorder.verification.reconcile()).toMatchObject({ adopted: 0, missing: 0, failed: [] });
    } finally {
      await recorder.close();
      await rm(home, { recursive: true, force: true });
    }
  });
});
