// What `npm test` runs: builds the page when it is stale, runs every test, and ends with the totals on one line.
// Arguments go to vitest: `npm test -- src/record`.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWeb, isWebStale } from './build-web.ts';

/** The parts of vitest's JSON report that are read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      /** Of all tries. */
      readonly failureMessages?: readonly string[];
      readonly meta?: { readonly skipReason?: string };
    }[];
  }[];
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** What failed, as far as it has names. */
  readonly failures: readonly string[];
  readonly skipped: readonly string[];
  /** What failed first and passed when it was tried once more, and why it had failed. */
  readonly secondTries: readonly string[];
}

/** A part of the tests, run by a vitest of its own. */
interface Part {
  readonly process: ChildProcess;
  readonly totals: Promise<Totals>;
}

/** A fifth of what a story gets where both want the same core; a larger number would starve them beside whatever else runs. */
const BEHIND_THE_STORIES = 7;

const SHOWN_LINES = 15;
const SHOWN_COLUMNS = 300;

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = mkdtempSync(join(tmpdir(), 'vrp-npm-test-'));
// All that tests make for a while lies in it. A short name: there are sockets in it, whose paths may not be long.
const scratch = mkdtempSync(join(tmpdir(), 'vrp-t-'));
// PostgreSQL runs as a user of its own where the tests are run by root.
chmodSync(scratch, 0o711);
const running = new Set<ChildProcess>();
let isStopped = false;
// A terminal's Ctrl-C reaches vitest by itself; it ends in its own way, and this process after it.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isStopped = true;
    for (const child of running) child.kill(signal);
  });
process.exitCode = 1;
try {
  process.exitCode = await testAll(process.argv.slice(2));
} finally {
  clearAway();
}

async function testAll(args: readonly string[]): Promise<number> {
  if (isWebStale()) {
    console.log('Building the web page ...');
    await buildWeb();
  }
  const parts = args.length > 0 ? [await start('asked', args).totals] : await runAll();
  const skipped = parts.flatMap((part) => part.skipped);
  const failures = parts.flatMap((part) => part.failures);
  list('Skipped on this machine', skipped);
  list(
    'Passed at the second try only',
    parts.flatMap((part) => part.secondTries),
  );
  list('Failed', failures);
  const count = (of: 'passed' | 'failed') => parts.reduce((sum, part) => sum + part[of], 0);
  console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped`);
  return count('failed') > 0 ? 1 : 0;
}

/**
 * Stories in a browser wait for sound most of their time; meanwhile whole programs are tested. Where both want the machine
 * the stories go first: a browser that is kept waiting does not hear all of the sound. The rooms follow the stories.
 */
async function runAll(): Promise<Totals[]> {
  const stories = startAside('e2e');
  const house = start('house', ['--project=house', '--project=losses']);
  if (house.process.pid !== undefined) setPriority(house.process.pid, BEHIND_THE_STORIES);
  const heard = [{ name: 'The stories in the browser', said: stories.said }];
  const aside = [await stories.totals];
  if (!isStopped) {
    const rooms = startAside('rooms');
    heard.push({ name: 'The tests of the rooms', said: rooms.said });
    aside.push(await rooms.totals);
  }
  const told = [await house.totals, ...aside];
  for (const { name, said } of heard) console.log(`\n${name}, which ran at the same time:\n${said.join('')}`);
  return told;
}

/** What a part says while another one has the terminal. */
function startAside(project: string): Part & { readonly said: readonly string[] } {
  const said: string[] = [];
  const part = start(project, [`--project=${project}`], 'pipe');
  for (const stream of [part.process.stdout, part.process.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  return { ...part, said };
}

function start(name: string, args: readonly string[], output: 'inherit' | 'pipe' = 'inherit'): Part {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const report = join(reports, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    stdio: ['inherit', output, output],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      VRP_FORBID_DEFAULT_STORE: '1',
      VRP_STATE_DIR: join(reports, 'state'),
      TMPDIR: scratch,
      TEMP: scratch,
      TMP: scratch,
    },
  });
  running.add(child);
  const totals = new Promise<Totals>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve(readTotals(report, code ?? 130));
    });
  });
  return { process: child, totals };
}

function list(heading: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  console.log(`\n${heading}: ${lines.length}`);
  for (const line of lines) console.log(`  ${line}`);
}

/** Why a test failed, short enough to stand at the end of what is printed. */
function indented(failure = ''): string {
  const lines = failure.split('\n').filter((line) => line.trim() !== '' && !line.includes('node_modules'));
  return lines
    .slice(0, SHOWN_LINES)
    .map((line) => `    ${line.slice(0, SHOWN_COLUMNS)}`)
    .join('\n');
}

/** Says what a test should have removed itself. */
function clearAway(): void {
  list('LEFT BEHIND by the tests, and removed now', readdirSync(scratch).sort());
  for (const folder of [scratch, reports]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function readTotals(reportFile: string, code: number): Totals {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  } catch {
    // Vitest ended before it could say anything: that is one failure.
    return { passed: 0, failed: 1, failures: [], skipped: [], secondTries: [] };
  }
  const skipped: string[] = [];
  const failures: string[] = [];
  const secondTries: string[] = [];
  let brokenFiles = 0;
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      brokenFiles += 1;
      failures.push(`${name} could not be run: ${file.message ?? ''}`);
    }
    for (const test of file.assertionResults) {
      const [firstFailure] = test.failureMessages ?? [];
      if (test.status === 'passed' && firstFailure !== undefined)
        secondTries.push(`${name}: ${test.fullName}\n${indented(firstFailure)}`);
      if (test.status === 'failed') failures.push(`${name}: ${test.fullName}\n${indented(firstFailure)}`);
      if (!['skipped', 'pending', 'todo', 'disabled'].includes(test.status)) continue;
      skipped.push(`${name}: ${test.fullName}${test.meta?.skipReason ? ` (${test.meta.skipReason})` : ''}`);
    }
  }
  const failed = report.numFailedTests + brokenFiles;
  // An error outside every test fails the run as well.
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    failures,
    skipped,
    secondTries,
  };
}
