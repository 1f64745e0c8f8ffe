import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { startingVrp, startVrp, type VrpFolders } from '../../test/vrp-process.ts';
import type { HealthReport } from '../model/health.ts';

let home: string;
let folders: VrpFolders;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-health-'));
  folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  const source = join(home, 'voice.wav');
  await writeFile(source, wavBytes(voiceSamples(1, 16_000, 1), 16_000));
  await runHere(folders, ['import', source]);
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What depends on what else the machine does is not judged. */
const OF_THE_MACHINE = ['event-loop', 'sync-latency', 'database-latency', 'memory'];

const report = (stdout: string) => JSON.parse(stdout) as HealthReport;
const unwellOf = (stdout: string) =>
  report(stdout)
    .checks.filter(({ name, status }) => status !== 'pass' && !OF_THE_MACHINE.includes(name))
    .map(({ name }) => name);
const exitCodeOf = (stdout: string) => (report(stdout).status === 'healthy' ? 0 : 1);

describe('vrp health', () => {
  it('names every check, beside a server and without one, and ends with 0 when all is well', async () => {
    const alone = await runHere(folders, ['health', '--json']);
    // Nothing reads the recordings of a store for tests again.
    expect(unwellOf(alone.stdout)).toEqual(['oldest-unverified']);
    expect(alone.exitCode).toBe(1);
    const well = await runHere(folders, ['health', '--json'], { VRP_PATROL_MB_PER_SECOND: '10' });
    expect(unwellOf(well.stdout)).toEqual([]);
    expect(well.exitCode).toBe(exitCodeOf(well.stdout));
    const server = await startVrp(folders, undefined, { VRP_PATROL_MB_PER_SECOND: '10' });
    try {
      const beside = await runHere(folders, ['health']);
      const lines = beside.stdout.split('\n');
      expect(lines[0]).toBe(beside.exitCode === 0 ? 'healthy' : 'degraded');
      for (const { name } of report(well.stdout).checks)
        expect(lines.some((line) => line.startsWith(`${name} `))).toBe(true);
    } finally {
      await server.kill();
    }
  });

  it('says what is wrong and what to do, and ends with 1, also for a store that cannot be opened', async () => {
    const marker = join(folders.dataDir, 'vrp-store.json');
    await rename(marker, `${marker}-away`);
    const closed = await runHere(folders, ['health', '--json']);
    expect(closed.exitCode).toBe(1);
    expect(report(closed.stdout)).toMatchObject({
      status: 'failing',
      checks: [{ name: 'store', status: 'fail', severity: 'critical' }],
    });
    await rename(`${marker}-away`, marker);
    const server = await startVrp(folders);
    try {
      const catalogue = join(folders.dataDir, 'catalogue.sqlite');
      await rename(catalogue, `${catalogue}-away`);
      const { exitCode, stdout } = await runHere(folders, ['health']);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^failing\n/);
      expect(stdout).toContain('database: The database does not answer');
      expect(stdout).toContain('vrp rebuild');
    } finally {
      await server.kill();
    }
  });

  it('goes on looking until it is interrupted', async () => {
    const server = await startVrp(folders, undefined, { VRP_PATROL_MB_PER_SECOND: '10' });
    try {
      const watching = startingVrp(folders, ['health', '--watch', '--json']);
      let lines = 0;
      watching.process.stdout.on('data', (text: string) => {
        lines += text.split('\n').length - 1;
      });
      await expect.poll(() => lines, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
      watching.process.kill('SIGINT');
      const { exitCode, stdout } = await watching.ended;
      const looks = stdout.trim().split('\n');
      for (const look of looks) expect(unwellOf(look)).toEqual([]);
      expect(exitCode).toBe(exitCodeOf(looks.at(-1) ?? ''));
    } finally {
      await server.kill();
    }
  });
});
