import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogueBackups } from '../src/backup/catalogue-backups.ts';
import type { Clock } from '../src/model/clock.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { restoreStore } from '../src/restore-store.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';

/* Snapshots of the catalogue, and what comes back of them. */

const DAY_MS = 24 * 3_600_000;
let home = '';
let dataDir = '';
const overrides = () => ({ dataDir, stateDir: join(home, 'state') });
const open = () => openVoiceRecorder({ environment: 'testing', overrides: overrides(), runsJobs: false });
const restore = (file?: string) =>
  restoreStore({ environment: 'testing', overrides: overrides(), ...(file === undefined ? {} : { file }) });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-backup-'));
  dataDir = join(home, 'data');
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function wav(seed: number): Promise<string> {
  const path = join(home, `tape ${seed}.wav`);
  writeWav(path, voiceSamples(0.3, 8_000, seed), 8_000);
  return path;
}

describe('a snapshot of the catalogue', () => {
  it('comes back with everything that sidecars say of the time after it', async () => {
    let recorder = await open();
    const before = await recorder.library.importFile(await wav(1));
    await recorder.access.addToken('desk', 'record');
    const backup = await recorder.backups.create();
    expect(await recorder.backups.list()).toMatchObject([{ name: backup.name, sizeBytes: backup.sizeBytes }]);
    await recorder.library.amend(before.id ?? '', { title: 'Named after the snapshot', tags: ['later'] });
    const later = await recorder.library.importFile(await wav(2));
    await recorder.library.trash(later.id ?? '');
    const state = async () => ({
      list: await recorder.library.list({}),
      trash: await recorder.library.list({ isTrashed: true }),
      found: await recorder.library.list({ query: 'named after' }),
      tags: await recorder.library.tags(),
      tokens: (await recorder.access.listTokens()).map(({ name }) => name),
    });
    const expected = await state();
    expect(expected.found.items).toHaveLength(1);
    await expect(restore()).rejects.toMatchObject({ code: 'store-locked' });
    await recorder.close();
    const damaged = await readFile(join(dataDir, 'catalogue.sqlite'));
    await writeFile(join(dataDir, 'catalogue.sqlite'), damaged.fill(0, 0, 8_192));

    const report = await restore();
    expect(report).toMatchObject({ file: join(dataDir, 'backup', backup.name), recovered: 2, failed: [] });
    expect(await readFile(report.keptFile ?? '')).toEqual(damaged);
    recorder = await open();
    expect(await state()).toEqual(expected);
    await recorder.close();
  });

  it('is refused when it is damaged, and one before it is taken', async () => {
    const recorder = await open();
    await recorder.library.importFile(await wav(1));
    const sound = await recorder.backups.create();
    const broken = await recorder.backups.create();
    await recorder.close();
    const path = join(dataDir, 'backup', broken.name);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0x33, 4_096, 16_384));
    const before = await readFile(join(dataDir, 'catalogue.sqlite'));
    await expect(restore(path)).rejects.toMatchObject({ code: 'catalogue-damaged' });
    await expect(restore(join(home, 'nothing.sqlite'))).rejects.toMatchObject({ code: 'file-missing' });
    const foreign = new DatabaseSync(join(home, 'foreign.sqlite'));
    foreign.exec('CREATE TABLE songs (name TEXT)');
    foreign.close();
    await expect(restore(join(home, 'foreign.sqlite'))).rejects.toMatchObject({ code: 'catalogue-damaged' });
    expect(await readFile(join(dataDir, 'catalogue.sqlite'))).toEqual(before);
    expect(await restore()).toMatchObject({ file: join(dataDir, 'backup', sound.name) });
  });

  it('is made once a day by a running server, and does not count when it fails', async () => {
    let nowMs = Date.parse('2026-11-23T03:00:00.000Z');
    let failure: Error | undefined;
    const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const snapshot = async (target: string) => {
      if (failure) throw failure;
      await writeFile(target, 'a snapshot');
    };
    const folder = join(home, 'backup');
    const rule = { days: 7, weeks: 4 };
    const backups = new CatalogueBackups({ folder, rule, clock, snapshot, onFault: () => undefined });
    expect(await backups.createWhenDue()).toMatchObject({ removed: [] });
    nowMs += DAY_MS - 1;
    expect(await backups.createWhenDue()).toBeUndefined();
    nowMs += 1;
    expect(await backups.createWhenDue()).toBeDefined();
    nowMs += DAY_MS;
    failure = new Error('no room');
    await expect(backups.createWhenDue()).rejects.toBe(failure);
    failure = undefined;
    expect(await backups.createWhenDue()).toBeDefined();
    expect(await readdir(folder)).toHaveLength(3);
    // Another process, by a clock that was set back a year: one from the future does not keep it from its work.
    nowMs -= 365 * DAY_MS;
    const next = new CatalogueBackups({ folder, rule, clock, snapshot, onFault: () => undefined });
    expect(await next.createWhenDue()).toBeDefined();
    nowMs += 3_600_000;
    expect(await next.createWhenDue()).toBeUndefined();
  });
});
