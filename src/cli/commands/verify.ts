import { resolve } from 'node:path';
import type { Command } from 'commander';
import { VoiceRecorderError } from '../../model/failure.ts';
import { counted, formatBytes, formatSpan } from '../../model/format.ts';
import { type FixityCheck, VERIFICATION_RESULTS } from '../../model/verification.ts';
import { appendFixityLines } from '../../verify/fixity-log.ts';
import type { CareDoor } from '../care-door.ts';
import type { Cli } from '../cli.ts';
import { openFileBar } from '../file-bar.ts';
import { type ImportBar, openImportBar } from '../import-bar.ts';
import { openLibraryDoor, requireStore } from '../library-door.ts';
import { printable } from '../terminal-text.ts';
import { planVerification, readShare, readTime, type VerifyPlan, type VerifyWish } from '../verify-plan.ts';
import { runVerification, type VerifySummary } from '../verify-run.ts';

interface VerifyCommandOptions {
  readonly sample?: string;
  readonly before?: string;
  readonly report?: string;
}

// Lines for the report that wait for one sync.
const REPORT_GROUP = 200;

export function register(program: Command, cli: Cli): void {
  program
    .command('verify')
    .description('Read recordings again, all or some, and say whether each is still what was received.')
    .argument(
      '[id...]',
      'ids, or 8 characters or more from the beginning or end of each; all when none is given',
    )
    .option('--sample <percent>', 'only so many of all, those whose last check is the longest ago: 5%')
    .option('--before <time>', 'only those that were not checked since then')
    .option('--report <file>', 'add a line for each check to this CSV file, a fixity log')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: VerifyCommandOptions) => verify(cli, ids, options));
}

async function verify(cli: Cli, words: readonly string[], options: VerifyCommandOptions): Promise<void> {
  const { output } = cli;
  const signal = cli.interruption;
  if (words.length > 0 && (options.sample !== undefined || options.before !== undefined)) {
    throw new VoiceRecorderError(
      'usage',
      'Ids name what is checked; leave out --sample and --before with them.',
    );
  }
  const wish: VerifyWish = {
    words,
    ...(options.sample === undefined ? {} : { share: readShare(options.sample) }),
    ...(options.before === undefined ? {} : { before: readTime(options.before) }),
  };
  await requireStore(cli);
  const report = options.report === undefined ? undefined : await openReport(resolve(options.report));
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const door = await openLibraryDoor(cli);
  let bar: ImportBar | undefined;
  let plan: VerifyPlan;
  let summary: VerifySummary;
  try {
    if (isEverything(wish)) await agree(cli, door.care);
    plan = await planVerification(door, wish, new Date().toISOString());
    const showsBar = output.hasProgressBesideLines && plan.items.length > 0;
    bar = showsBar ? await openImportBar(plan.totalBytes, plan.items.length) : undefined;
    summary = await runVerification(plan, {
      care: door.care,
      signal,
      onProgress: (bytesDone) => bar?.update(bytesDone),
      onCheck: (check) => {
        bar?.countFile();
        report?.add(check);
        tell(cli, check, bar);
      },
    });
  } finally {
    bar?.stop();
    await report?.close();
    await door.close();
  }
  if (!output.isJson) output.line(summaryText(summary, (performance.now() - startMs) / 1000));
  if (!signal.aborted) return;
  const checkedCount = plan.items.length - summary.leftOver;
  output.note(`Stopped: ${checkedCount} of ${counted(plan.items.length, 'recording')} checked.`);
  if (words.length === 0)
    output.note(`To go on from here: vrp verify --before ${options.before ?? startedAt}`);
  cli.markInterrupted();
}

/** A file that no recording knows would be checked by nobody. */
async function agree({ output, interruption, markFailed }: Cli, care: CareDoor): Promise<void> {
  const bar = output.hasProgressBesideLines ? await openFileBar('compared') : undefined;
  const { adopted, sidecarsRewritten, failed } = await care
    .reconcile({
      signal: interruption,
      onProgress: ({ doneCount, totalCount }) => bar?.update(doneCount, totalCount),
    })
    .catch((error: unknown) => {
      if (!interruption.aborted) throw error;
      return { adopted: 0, sidecarsRewritten: 0, failed: [] };
    })
    .finally(() => bar?.stop());
  if (adopted > 0) output.note(`${counted(adopted, 'file')} that no recording knew: now in the library.`);
  if (sidecarsRewritten > 0) output.note(`${counted(sidecarsRewritten, 'sidecar')} written again.`);
  for (const { message, code } of failed) {
    output.note(`${output.paint('red', 'Problem', 'stderr')} ${printable(message)} [${code}]`);
  }
  if (failed.length > 0) markFailed();
}

function isEverything({ words, share, before }: VerifyWish): boolean {
  return words.length === 0 && share === undefined && before === undefined;
}

function tell({ output, markFailed }: Cli, check: FixityCheck, bar: ImportBar | undefined): void {
  const { message, ...facts } = check;
  if (check.result !== 'ok') markFailed();
  if (output.isJson) {
    output.jsonLine(message === null ? facts : { ...facts, message });
    return;
  }
  if (message === null) return;
  const label = `${check.result[0]?.toUpperCase()}${check.result.slice(1)}`;
  const line = (on: 'stdout' | 'stderr') => `${output.paint('red', label, on)} ${printable(message)}`;
  if (bar && process.stdout.isTTY) bar.say(line('stderr'));
  else output.line(line('stdout'));
}

/** The report is written group by group, in the order of the checks. */
async function openReport(path: string) {
  // Before hours are spent: can it be written at all?
  await appendFixityLines(path, []);
  let waiting: FixityCheck[] = [];
  let written: Promise<void> = Promise.resolve();
  const flush = () => {
    const group = waiting;
    waiting = [];
    written = written.then(() => appendFixityLines(path, group));
    // Told when the report is closed.
    written.catch(() => undefined);
  };
  return {
    add: (check: FixityCheck) => {
      waiting.push(check);
      if (waiting.length >= REPORT_GROUP) flush();
    },
    close: () => {
      if (waiting.length > 0) flush();
      return written;
    },
  };
}

function summaryText({ counts, checkedBytes }: VerifySummary, elapsedSeconds: number): string {
  const all = VERIFICATION_RESULTS.reduce((sum, result) => sum + counts[result], 0);
  const faults = VERIFICATION_RESULTS.filter((result) => result !== 'ok' && counts[result] > 0);
  const found = faults.map((result) => `${counts[result]} ${result}`).join(', ');
  const verdict = found === '' ? 'all as they were received' : `${counts.ok} ok, ${found}`;
  const sizes = `${formatBytes(checkedBytes)}, in ${formatSpan(elapsedSeconds)}`;
  return `${counted(all, 'recording')} checked (${sizes})${all === 0 ? '' : `: ${verdict}`}.`;
}

const EXAMPLES = `
Examples:
  vrp verify                          everything, the trash included; files that no recording knows are adopted
  vrp verify 7c3e91ab                 one recording
  vrp verify --sample 5% --report fixity.csv      for a nightly job: each night other ones

With --json each recording is one line: {"id", "storedFilename", "result": "ok" | "damaged" | "missing" |
"unreadable", "expected", "found", "checkedAt", "message"?}. Exit code 1 when one is not ok. Ctrl-C keeps what was
checked. The store itself keeps every check for ever in fixity/<year>.csv.`;
