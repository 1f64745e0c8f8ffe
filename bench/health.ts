// What the health checks cost a server with a large library: CPU of all threads for a round, as a share of one core at
// the default interval, and how long at most the event loop computes at a time. Beside it, where asked, how long it takes
// to read the past of a check, to add to it and to remove the oldest part of it, in a history of many rows.
// node bench/health.ts [recordings] [rounds] [--history ROWS]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openVoiceRecorder } from '../src/open.ts';
import { fillSqlite } from './catalogue-rows.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { history: { type: 'string', default: '0' } },
});
const [count = 100_000, rounds = 60] = positionals.map(Number);
const historyRows = Number(values.history);
const DEFAULT_INTERVAL_MS = 30_000;
const TRENDS = 20;
const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-health-'));
const dataDir = join(folder, 'store');
const file = join(dataDir, 'catalogue.sqlite');
const open = () =>
  openVoiceRecorder({
    environment: 'production',
    dataDir,
    overrides: { stateDir: join(folder, 'state'), patrolMbPerSecond: 0, healthSeconds: 0, backups: false },
    runsJobs: false,
  });

try {
  const empty = await open();
  await empty.close();
  await fillSqlite(file, empty.storeId, count, 0, () => undefined);
  if (historyRows > 0) fillHistory();
  const recorder = await open();
  // The first one also reads the whole database through, in a thread, as once a day.
  const first = await measure(() => recorder.health.report({ isFresh: true }));
  const cpuMs: number[] = [];
  const computingMs: number[] = [];
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await wait(200);
    const figures = await measure(() => recorder.health.report({ isFresh: true }));
    cpuMs.push(figures.cpuMs);
    computingMs.push(figures.computingMs);
    tookMs.push(figures.tookMs);
  }
  const share = (100 * mean(cpuMs)) / DEFAULT_INTERVAL_MS;
  console.log(`${count} recordings, ${rounds} rounds of all checks`);
  console.log(`a round takes            ${spread(tookMs)}`);
  console.log(
    `CPU of all threads       ${spread(cpuMs)}: ${share.toFixed(2)} % of one core at a round each 30 s (to reach: 1)`,
  );
  console.log(`event loop, at a time    ${spread(computingMs)} (to reach: 5)`);
  console.log(
    `the daily reading        ${(first.cpuMs / 1000).toFixed(1)} s of CPU beside, ${first.computingMs.toFixed(1)} ms at a time of the event loop`,
  );
  if (historyRows > 0) {
    const since = new Date(Date.now() - 7 * 24 * 3_600_000).toISOString();
    const trendMs: number[] = [];
    for (let n = 0; n < TRENDS; n++)
      trendMs.push((await measure(() => recorder.health.trend('disk-space', since))).tookMs);
    console.log(`${historyRows} rows of history: a week of one check in ${spread(trendMs)}`);
  }
  await recorder.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(work: () => Promise<unknown>) {
  let lastMs = performance.now();
  let lastCpu = process.threadCpuUsage();
  let computingMs = 0;
  const ticking = setInterval(() => {
    const cpu = process.threadCpuUsage();
    const [nowMs, usedMs] = [
      performance.now(),
      (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1000,
    ];
    computingMs = Math.max(computingMs, Math.min(nowMs - lastMs, usedMs));
    [lastMs, lastCpu] = [nowMs, cpu];
  }, 1);
  await wait(20);
  computingMs = 0;
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await work();
  const tookMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpu);
  await wait(3);
  clearInterval(ticking);
  return { tookMs, computingMs, cpuMs: (user + system) / 1000 };
}

/** As 20 checks leave them in 90 days, only more. */
function fillHistory(): void {
  using database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const names = ['disk-space', ...Array.from({ length: 19 }, (_, n) => `check-${n}`)];
  const stepMs = (90 * 24 * 3_600_000) / (historyRows / names.length);
  const insert = database.prepare(
    "INSERT INTO health_samples (name, at, status, value) VALUES (?, ?, 'pass', ?)",
  );
  for (const name of names) {
    for (let n = 0; n < historyRows / names.length; n++)
      insert.run(name, new Date(Date.now() - n * stepMs).toISOString(), n);
  }
  database.exec('COMMIT');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)} ms, longest ${at(1)} ms`;
}
