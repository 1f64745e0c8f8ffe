// What a scrape of /metrics costs a server with a large library: how long it takes, how much of one core, and how long
// at most the event loop stands still meanwhile. Beside it what counting costs each request.
// node bench/scrape.ts [recordings]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpMeter } from '../src/metrics/http-meter.ts';
import { Metrics } from '../src/metrics/metrics.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { fillSqlite } from './catalogue-rows.ts';

const count = Number(process.argv[2] ?? 100_000);
const SCRAPES = 12;
/** As Prometheus does unless told otherwise by its configuration's first lines. */
const EVERY_MS = 15_000;
const REQUESTS = 5_000_000;
const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-scrape-'));
const dataDir = join(folder, 'store');
const open = () =>
  openVoiceRecorder({
    environment: 'production',
    dataDir,
    overrides: { stateDir: join(folder, 'state'), patrolMbPerSecond: 0, healthSeconds: 0, backups: false },
    runsJobs: false,
  });

const empty = await open();
await empty.close();
await fillSqlite(join(dataDir, 'catalogue.sqlite'), empty.storeId, count, 0, () => undefined);
const recorder = await open();
const metrics = new Metrics(recorder, '0');
// As many series as a server has whose every route was asked, with several answers each.
for (let route = 0; route < 60; route++) {
  for (const status of [200, 404, 500]) metrics.http.end(requestOf(`/api/route-${route}`, status));
}
await metrics.scrape();

const tookMs: number[] = [];
const stallMs: number[] = [];
let sizeBytes = 0;
const cpu = process.cpuUsage();
const fromMs = performance.now();
for (let n = 0; n < SCRAPES; n++) {
  await wait(EVERY_MS);
  let lastMs = performance.now();
  let longestMs = 0;
  const ticking = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs - 1);
    lastMs = performance.now();
  }, 1);
  await wait(20);
  longestMs = 0;
  const beganMs = performance.now();
  sizeBytes = (await metrics.scrape()).length;
  tookMs.push(performance.now() - beganMs);
  await wait(5);
  stallMs.push(longestMs);
  clearInterval(ticking);
}
const { user, system } = process.cpuUsage(cpu);
const share = (user + system) / 10 / (performance.now() - fromMs);
metrics.close();
await recorder.close();
rmSync(folder, { recursive: true, force: true });

const meter = new HttpMeter();
const request = requestOf('/api/recordings/:id', 200);
const beganMs = performance.now();
for (let n = 0; n < REQUESTS; n++) {
  meter.begin();
  meter.end(request);
}
const perRequestNs = ((performance.now() - beganMs) * 1e6) / REQUESTS;

console.log(`${count} recordings, ${SCRAPES} scrapes of ${sizeBytes} bytes`);
console.log(`took                     ${figures(tookMs)}`);
console.log(`event loop stood still   ${figures(stallMs)}`);
console.log(`CPU of all threads       ${share.toFixed(2)} % of one core, with a scrape every 15 s`);
console.log(`counting a request       ${perRequestNs.toFixed(0)} ns`);

function requestOf(route: string, status: number) {
  return { method: 'GET', route, status, isAborted: false, durationSeconds: 0.012 };
}

function figures(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)} ms, longest ${at(1)} ms`;
}
