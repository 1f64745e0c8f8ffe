import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CrashReport } from '../src/crashtest/crash-report.ts';

const launcher = fileURLToPath(new URL('../bin/vrp.js', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-crashtest-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [launcher, 'crashtest', '--json', '--folder', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    report: (stdout.startsWith('{') ? JSON.parse(stdout) : stderr) as CrashReport,
  }));
  return { child, ended };
}

it('nothing that was acknowledged is lost in a minute of kills, cuts and full disks', {
  timeout: 400_000,
}, async () => {
  const { exitCode, report } = await start('--minutes', '1', '--seed', '105').ended;
  expect(report.losses).toEqual([]);
  expect(report.verdict).toMatch(/^Nothing of .+ acknowledged was lost through \d+ kills?\.$/);
  expect(exitCode).toBe(0);
  expect(report.seed).toBe(105);
  expect(report.acknowledgedBytes).toBeGreaterThan(1_000_000);
  expect(report.recordings).toBeGreaterThan(3);
  expect(report.faults['kill-server']).toBeGreaterThan(0);
  // Filling a disk needs root; where that is missing, the report says so.
  if (report.faults['disk-full'] === undefined) expect(report.leftOut.join()).toContain('No disk was filled');
  expect(await readdir(folder)).toEqual([]);
});

it('ends on Ctrl-C, judges what was done so far and leaves nothing behind', async () => {
  const { child, ended } = start('--minutes', '20', '--seed', '5');
  const isUnderWay = async () =>
    (await readdir(folder, { recursive: true }).catch(() => [] as string[])).some((name) =>
      /spool\/[0-9a-f]{8}-/.test(name),
    );
  while (child.exitCode === null && !(await isUnderWay())) await sleep(50);
  child.kill('SIGINT');
  const { exitCode, report } = await ended;
  expect(report).toMatchObject({ isInterrupted: true, losses: [] });
  expect(exitCode).toBe(130);
  expect(await readdir(folder)).toEqual([]);
});
