import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import { canTrace } from '../../test/count-syncs.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { startVrp, type VrpFolders, vrpEnvironment } from '../../test/vrp-process.ts';
import type { Recording } from '../model/recording.ts';
import type { RepairOutcome } from '../model/repair.ts';
import type { FixityCheck } from '../model/verification.ts';
import { fileLine } from './file-bar.ts';
import { progressLine } from './import-bar.ts';
import { readShare, readTime } from './verify-plan.ts';

const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));
let home: string;
let folders: VrpFolders;
let kept: Recording[];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-verify-cli-'));
  folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  for (let i = 1; i <= 5; i++) await writeFile(join(home, `${i}.wav`), makeWav({ seconds: i / 10 }));
  await runHere(folders, ['import', ...[1, 2, 3, 4, 5].map((i) => join(home, `${i}.wav`))]);
  const { stdout } = await runHere(folders, ['list', '--json']);
  kept = (JSON.parse(stdout) as { items: Recording[] }).items;
}, 60_000);
afterAll(() => rm(home, { recursive: true, force: true }));

function linesOf<T>(text: string): T[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

const verify = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await runHere(folders, ['verify', '--json', ...args]);
  return { exitCode, stderr, checks: linesOf<FixityCheck>(stdout) };
};

describe('vrp verify', () => {
  it('takes turns with samples until all were checked', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const { exitCode, checks } = await verify('--sample', '20%');
      expect(exitCode).toBe(0);
      expect(checks).toHaveLength(1);
      for (const { id, result } of checks) {
        expect(result).toBe('ok');
        seen.add(id);
      }
    }
    expect(seen.size).toBe(5);
  });

  it('names what is not as it was received, ends with 1, and adds every check to the report', async () => {
    const [damaged, missing, ...sound] = kept;
    if (!damaged || !missing) throw new Error('nothing was kept');
    const [damagedPath, missingPath] = [damaged, missing].map((one) =>
      join(folders.dataDir, one.storedFilename),
    );
    const bytes = await readFile(damagedPath ?? '');
    const missingBytes = await readFile(missingPath ?? '');
    await truncate(damagedPath ?? '', 60);
    await unlink(missingPath ?? '');
    const report = join(home, 'fixity.csv');
    const first = await verify('--report', report);
    expect(first.exitCode).toBe(1);
    const resultOf = new Map(first.checks.map(({ id, result }) => [id, result]));
    expect(resultOf.get(damaged.id)).toBe('damaged');
    expect(resultOf.get(missing.id)).toBe('missing');
    expect(sound.map(({ id }) => resultOf.get(id))).toEqual(['ok', 'ok', 'ok']);

    const repair = await runHere(folders, ['repair', damaged.id, '--json']);
    expect(repair.exitCode).toBe(1);
    expect(linesOf<RepairOutcome>(repair.stdout)).toMatchObject([{ id: damaged.id, outcome: 'no-copy' }]);

    await writeFile(damagedPath ?? '', bytes);
    await writeFile(missingPath ?? '', missingBytes);
    expect((await verify('--report', report, damaged.id, missing.id)).exitCode).toBe(0);
    const lines = (await readFile(report, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 5 + 2);
    expect(lines.filter((line) => line.endsWith(',missing'))).toHaveLength(1);
    expect(lines.slice(-2).every((line) => line.endsWith(',ok'))).toBe(true);
  });

  it('checks only what was not checked since a time', async () => {
    expect((await verify('--before', '2020-01-01')).checks).toEqual([]);
    expect((await verify('--before', new Date(Date.now() + 60_000).toISOString())).checks).toHaveLength(5);
  });

  it.each([
    [['--sample', '0%']],
    [['--sample', '101%']],
    [['--sample', '5']],
    [['--before', 'yesterday']],
    [['--sample', '5%', '0123456789']],
  ])('refuses %j', async (args) => {
    const { exitCode, checks } = await verify(...args);
    expect(exitCode).toBe(2);
    expect(checks).toMatchObject([{ error: { code: 'usage' } }]);
  });

  it('does not write its report into a file of another kind', async () => {
    const path = join(home, 'shopping.csv');
    await writeFile(path, 'milk,2\n');
    expect((await verify('--report', path)).exitCode).toBe(2);
    expect(await readFile(path, 'utf8')).toBe('milk,2\n');
  });

  it('repairs a file that is in no library into a new one, and wants to know which', async () => {
    const broken = join(home, 'unfinished.wav');
    const mended = join(home, 'mended.wav');
    await writeFile(broken, makeWav({ seconds: 1, declaredBytes: 0xffff_ffff }));
    const done = await runHere(folders, ['repair', '--file', broken, '--output', mended, '--json']);
    expect(done.exitCode).toBe(0);
    expect(linesOf(done.stdout)).toMatchObject([
      { file: broken, outcome: 'repaired', output: mended, faults: [{ code: 'wav-unfinished' }] },
    ]);
    expect((await readFile(mended)).equals(makeWav({ seconds: 1 }))).toBe(true);
    for (const args of [
      ['--file', broken],
      ['--output', mended],
      ['--like', broken],
      ['x', '--file', 'y'],
    ]) {
      const { exitCode, stdout } = await runHere(folders, ['repair', ...args, '--json']);
      expect(exitCode).toBe(2);
      expect(linesOf(stdout)).toMatchObject([{ error: { code: 'usage' } }]);
    }
  });

  it('works through a running server, which says the same', async () => {
    const server = await startVrp(folders);
    try {
      const [first] = kept;
      if (!first) throw new Error('nothing was kept');
      const path = join(folders.dataDir, first.storedFilename);
      const bytes = await readFile(path);
      await truncate(path, 100);
      const { exitCode, checks } = await verify();
      expect(exitCode).toBe(1);
      expect(checks).toHaveLength(5);
      expect(checks.filter(({ result }) => result !== 'ok')).toMatchObject([
        { id: first.id, result: 'damaged' },
      ]);
      await writeFile(path, bytes);
      expect((await verify(first.id)).exitCode).toBe(0);
      const repair = await runHere(folders, ['repair', '--json', first.id]);
      expect(linesOf<RepairOutcome>(repair.stdout)).toMatchObject([{ outcome: 'sound' }]);
    } finally {
      await server.stop();
    }
  });

  it.skipIf(!canTrace)('calls a file unreadable that the disk refuses to give, and not damaged', async () => {
    const [first] = kept;
    if (!first) throw new Error('nothing was kept');
    const path = join(folders.dataDir, first.storedFilename);
    const inject = ['-P', path, '-e', 'trace=read,pread64', '-e', 'inject=read,pread64:error=EIO'];
    const { stdout, status } = spawnSync(
      'strace',
      ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, launcher, 'verify', '--json', first.id],
      { env: vrpEnvironment(folders), encoding: 'utf8' },
    );
    expect(status).toBe(1);
    const [check] = linesOf<FixityCheck>(stdout);
    expect(check).toMatchObject({
      id: first.id,
      result: 'unreadable',
      expected: first.checksum,
      found: null,
    });
    expect(check?.message).toContain('EIO');
    const { stdout: info } = await runHere(folders, ['info', '--json', first.id]);
    expect((JSON.parse(info) as Recording).status).toBe('active');
    expect((await verify(first.id)).exitCode).toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('calls a file unreadable that this user may not read', async () => {
    const [first] = kept;
    const path = join(folders.dataDir, first?.storedFilename ?? '');
    await chmod(path, 0);
    expect((await verify(first?.id ?? '')).checks).toMatchObject([{ result: 'unreadable', found: null }]);
    await chmod(path, 0o600);
  });

  it('keeps its log in the store', async () => {
    expect(await readdir(join(folders.dataDir, 'fixity'))).toEqual([`${new Date().getUTCFullYear()}.csv`]);
  });
});

describe('what vrp verify is told', () => {
  it('reads percentages and times', () => {
    expect(readShare('5%')).toBe(0.05);
    expect(readShare('0.5%')).toBe(0.005);
    expect(readShare('100%')).toBe(1);
    expect(readTime('2026-11-23')).toBe('2026-11-23T00:00:00.000Z');
  });

  it('shows rate and time left', () => {
    const state = { bytesDone: 5e8, totalBytes: 1e9, filesDone: 2, fileCount: 4, elapsedSeconds: 5 };
    expect(progressLine(state)).toContain('100 MB/s  5 s left  2 of 4 files');
    expect(fileLine(2_000, 6_000, 2, 'compared')).toContain(
      '33 %  2,000 of 6,000 compared  1,000/s  4 s left',
    );
  });
});
