import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type CrashProgress, runCrashTest } from '../../crashtest/crash-test.ts';
import { formatBytes, formatDuration } from '../../model/format.ts';
import type { Cli } from '../cli.ts';
import { crashReportLines } from '../crash-report-text.ts';
import { ensureWeb } from '../ensure-web.ts';

interface CrashTestCommandOptions {
  readonly minutes: number;
  readonly seed?: number;
  readonly folder?: string;
  readonly smallFolder?: string;
  readonly keep?: boolean;
}

const HIGHEST_SEED = 999_999_999;

export function register(program: Command, cli: Cli): void {
  program
    .command('crashtest')
    .description(
      'See for yourself whether this machine and this program keep what they acknowledge: kills, cuts and fills, then counts.',
    )
    .option('--minutes <number>', 'how long things go wrong', readMinutes, 2)
    .option('--seed <number>', 'the plan of an earlier run, once more', readSeed)
    .option('--folder <dir>', 'which disk: a folder on it (the temporary folder unless told)', (path) =>
      resolve(path),
    )
    .option('--small-folder <dir>', 'a folder on a small file system that may be filled', (path) =>
      resolve(path),
    )
    .option('--keep', 'keep what the run made, also when nothing was lost')
    .addHelpText('after', EXAMPLES)
    .action((options: CrashTestCommandOptions) => crashTest(cli, options));
}

async function crashTest(cli: Cli, options: CrashTestCommandOptions): Promise<void> {
  const { output } = cli;
  const interruption = cli.interruption;
  const seed = options.seed ?? Math.floor(Math.random() * HIGHEST_SEED);
  const parentFolder = options.folder ?? tmpdir();
  // Once and beforehand, so that no restart has to wait for it.
  await ensureWeb(output);
  output.note(
    `Seed ${seed}; everything happens in a new folder in ${parentFolder}. Your own library is not touched.`,
  );
  const report = await runCrashTest({
    seconds: options.minutes * 60,
    seed,
    parentFolder,
    smallFolder: options.smallFolder ?? null,
    isKept: options.keep ?? false,
    interruption,
    ...(output.hasProgress ? { onProgress: showProgress } : {}),
  });
  if (output.hasProgress) process.stderr.write(CLEAR_LINE);
  if (output.isJson) output.document(report);
  else for (const line of crashReportLines(report, output)) output.line(line);
  if (report.losses.length > 0 || (report.acknowledgedBytes === 0 && !report.isInterrupted)) cli.markFailed();
  else if (report.isInterrupted) cli.markInterrupted();
}

const CLEAR_LINE = '\r\u001b[K';

function showProgress({ phase, secondsLeft, acknowledgedBytes, faults, losses }: CrashProgress): void {
  const isTimed = (phase === 'faults' || phase === 'full disk') && secondsLeft > 0;
  const parts = [
    isTimed ? `${phase} ${formatDuration(Math.ceil(secondsLeft))} left` : `${phase} …`,
    `${formatBytes(acknowledgedBytes)} acknowledged`,
    `${faults} faults`,
    losses === 0 ? 'nothing lost' : `${losses} promises not kept`,
  ];
  const line = parts.join('  ');
  process.stderr.write(`${CLEAR_LINE}${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && minutes >= 0.1 && minutes <= 10_080) return minutes;
  throw new InvalidArgumentError('Expected a number of minutes from 0.1 to 10080.');
}

function readSeed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${HIGHEST_SEED}.`);
}

const EXAMPLES = `
Examples:
  vrp crashtest                          two minutes on the disk of the temporary folder
  vrp crashtest --minutes 60 --folder /mnt/recordings
  vrp crashtest --seed 4711 --json       the same plan again, as one JSON document

It starts a server of its own, records, uploads, imports, amends and plays, while it kills the server, its media process
and imports, drops, delays and cuts the network, and fills a small disk (as root on Linux, or with --small-folder).
It takes at most 2 GB of the disk and removes them; when something was lost, the folder with the evidence stays.
Exit code 0: nothing acknowledged was lost; 1: something was. Ctrl-C ends it and judges what was done so far (130).`;
