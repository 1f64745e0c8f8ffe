// What `npm test` runs: builds the page when it is stale, runs every test, and ends with the totals on one line.
// Arguments go to vitest: `npm test -- src/record`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
      readonly meta?: { readonly skipReason?: string };
    }[];
  }[];
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'vrp-npm-test-'));
let exitCode = 1;
try {
  exitCode = await testAll(process.argv.slice(2));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = exitCode;

async function testAll(filters: readonly string[]): Promise<number> {
  if (isWebStale()) {
    console.log('Building the web page ...');
    await buildWeb();
  }
  const reportFile = join(scratch, 'report.json');
  const code = await runVitest([
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...filters,
  ]);
  const totals = readTotals(reportFile, code);
  if (totals.skipped.length > 0) {
    console.log(`\nSkipped on this machine: ${totals.skipped.length}`);
    for (const line of totals.skipped) console.log(`  ${line}`);
  }
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
  return totals.failed > 0 ? Math.max(1, code) : code;
}

function runVitest(args: readonly string[]): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_ENV: 'test',
      VRP_FORBID_DEFAULT_STORE: '1',
      VRP_STATE_DIR: join(scratch, 'state'),
    },
  });
  // A terminal's Ctrl-C reaches vitest by itself; it ends in its own way, and this process after it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 130));
  });
}

function readTotals(reportFile: string, code: number): Totals {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  } catch {
    // Vitest ended before it could say anything: that is one failure.
    return { passed: 0, failed: 1, skipped: [] };
  }
  const skipped: string[] = [];
  let brokenFiles = 0;
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      brokenFiles += 1;
      console.log(`\nCould not be run: ${name}: ${file.message ?? ''}`);
    }
    for (const test of file.assertionResults) {
      if (!['skipped', 'pending', 'todo', 'disabled'].includes(test.status)) continue;
      skipped.push(`${name}: ${test.fullName}${test.meta?.skipReason ? ` (${test.meta.skipReason})` : ''}`);
    }
  }
  const failed = report.numFailedTests + brokenFiles;
  // An error outside every test fails the run as well.
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed, skipped };
}
