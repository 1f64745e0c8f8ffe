import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { startVrp, type VrpFolders } from '../../test/vrp-process.ts';
import type { DoctorReport } from './doctor-report.ts';

let home: string;
let folders: VrpFolders;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-doctor-'));
  folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  const source = join(home, 'With Ada.wav');
  await writeFile(source, wavBytes(voiceSamples(1, 16_000, 1), 16_000));
  await runHere(folders, ['import', source]);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const PARTS = ['configuration', 'store', 'server', 'health', 'storage', 'backups', 'log'] as const;
const unknownOf = (report: DoctorReport) =>
  PARTS.filter((part) => Object.hasOwn(report[part] as object, 'error'));

describe('vrp doctor', () => {
  it('writes everything into one file beside a running server, with its log and without secrets', async () => {
    const secrets = {
      VRP_ALERT_WEBHOOK_SECRET: 'a-very-secret-word',
      VRP_ALERT_NTFY: 'https://example.org/t',
    };
    const server = await startVrp(folders, undefined, secrets);
    try {
      const token = (await runHere(folders, ['token'])).stdout.trim();
      // A request that is logged.
      const answer = await fetch(`${server.baseUrl}/api/backups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      expect(answer.ok).toBe(true);
      const path = join(home, 'report.json');
      const { stdout, exitCode } = await runHere(folders, ['doctor', '--output', path], secrets);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining(path) });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const text = await readFile(path, 'utf8');
      const report = JSON.parse(text) as DoctorReport;
      expect(unknownOf(report)).toEqual([]);
      expect(report.server).toMatchObject({ isRunning: true, baseUrl: server.baseUrl });
      expect(report.log).toMatchObject({ file: expect.stringContaining(folders.stateDir) });
      const { lines } = report.log as { lines: readonly string[] };
      expect(lines.some((line) => line.includes('/api/backups') && line.includes('requestId'))).toBe(true);
      for (const hidden of [token, 'a-very-secret-word', 'example.org', 'Ada'])
        expect(text).not.toContain(hidden);
      const again = await runHere(folders, ['doctor', '--output', path]);
      expect(again.stderr).toContain('[report-not-written]');
    } finally {
      await server.kill();
    }
  });

  it('says what can be found out of a store that cannot be opened, and why not the rest', async () => {
    await rename(join(folders.dataDir, 'vrp-store.json'), join(home, 'away'));
    const { stdout } = await runHere(folders, ['doctor', '--json']);
    const report = JSON.parse(stdout) as DoctorReport;
    expect(unknownOf(report)).toEqual(['storage', 'backups']);
    expect(report.health).toMatchObject({ status: 'failing' });
    expect(report.store).toMatchObject({ isThere: true, freeBytes: expect.any(Number) });
    expect(report.log).toMatchObject({ lines: [] });
  });

  it('says that settings are wrong, and which variables are set', async () => {
    const { stdout, exitCode } = await runHere(folders, ['doctor', '--json'], { VRP_PORT: 'none' });
    const report = JSON.parse(stdout) as DoctorReport;
    expect(exitCode).toBe(0);
    expect(report.configuration).toMatchObject({ error: { code: 'config-invalid' } });
    expect(report.variables).toContain('VRP_PORT');
  });
});
