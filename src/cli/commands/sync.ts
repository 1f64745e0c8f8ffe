import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CopyProgress } from '../../model/copy.ts';
import { counted, formatBytes, formatSpan } from '../../model/format.ts';
import type { Copies, SyncOptions, SyncSummary } from '../../sync/copies.ts';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { openImportBar } from '../import-bar.ts';
import { withLibrary } from '../library-door.ts';
import { printable } from '../terminal-text.ts';

interface SyncCommandOptions {
  readonly target?: string;
  readonly watch?: boolean;
  readonly retry?: boolean;
}

const WATCH_MS = 10_000;

export function register(program: Command, cli: Cli): void {
  program
    .command('sync')
    .description(
      'Send copies of recordings to the targets, read each back there and compare. What was sent already is not sent again.',
    )
    .argument(
      '[id...]',
      'ids, or 8 characters or more from the beginning or end of each; all when none is given',
    )
    .option('--target <name>', 'only to this target')
    .option('--retry', 'try what failed again at once, conflicts too')
    .option('--watch', 'go on with what is added or changed, until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: SyncCommandOptions) => sync(cli, ids, options));
}

async function sync(cli: Cli, words: readonly string[], options: SyncCommandOptions): Promise<void> {
  const { interruption: signal } = cli;
  await withLibrary(cli, async (door) => {
    const ids: string[] = [];
    for (const word of words) ids.push((await findRecording(door, word)).id);
    const wish = { ...(options.target && { target: options.target }), ...(ids.length > 0 && { ids }) };
    if ((await door.copies.targets()).length === 0) {
      cli.output.note('There is no target yet: "vrp targets add NAME URL" makes one.');
      return;
    }
    if (options.retry) await door.copies.retry(wish);
    do {
      await syncOnce(cli, door.copies, wish);
      if (options.watch) await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
    } while (options.watch && !signal.aborted);
  });
  if (signal.aborted && !options.watch) cli.markInterrupted();
}

async function syncOnce(cli: Cli, copies: Copies, wish: SyncOptions): Promise<void> {
  const { output, interruption: signal } = cli;
  const plan = wish.ids === undefined ? await copies.plan(wish) : undefined;
  const bar =
    output.hasProgressBesideLines && plan && plan.copies > 0
      ? await openImportBar(plan.bytes, plan.copies)
      : undefined;
  const shares = new Map<string, number>();
  const startMs = performance.now();
  let summary: SyncSummary | undefined;
  try {
    summary = await copies.sync({
      ...wish,
      signal,
      onProgress(progress) {
        shares.set(`${progress.target} ${progress.recordingId}`, doneOf(progress));
        bar?.update([...shares.values()].reduce((sum, bytes) => sum + bytes, 0));
        tell(cli, progress, bar);
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    bar?.stop();
  }
  if (summary === undefined) return;
  for (const { target, code, message } of summary.faults) {
    output.note(`${output.paint('red', `Target ${target}:`, 'stderr')} ${printable(message)} [${code}]`);
  }
  if (summary.failed > 0 || summary.faults.length > 0) cli.markFailed();
  const bytes = [...shares.values()].reduce((sum, done) => sum + done, 0);
  if (!output.isJson && !(signal.aborted && summary.verified === 0))
    output.line(summaryText(summary, bytes, (performance.now() - startMs) / 1000));
}

/** Half of a copy is sending it, half reading it back. */
function doneOf({ state, bytesDone, sizeBytes }: CopyProgress): number {
  if (state === 'sending') return bytesDone / 2;
  if (state === 'sent') return (sizeBytes + bytesDone) / 2;
  return state === 'verified' ? sizeBytes : 0;
}

function tell(
  cli: Cli,
  progress: CopyProgress,
  bar: Awaited<ReturnType<typeof openImportBar>> | undefined,
): void {
  const { recordingId: id, target, state, bytesDone: bytes, attempts, error } = progress;
  if (cli.output.isJson) {
    cli.output.jsonLine({ id, target, state, bytes, attempts, ...(error && { error }) });
    return;
  }
  if (state === 'verified') bar?.countFile();
  if (error === null) return;
  const label = cli.output.paint('red', state === 'conflict' ? 'Conflict' : 'Failed', 'stderr');
  (bar?.say ?? cli.output.note)(`${label} ${printable(error.message)} [${error.code}]`);
}

function summaryText({ verified, failed }: SyncSummary, bytes: number, seconds: number): string {
  const failedText = failed > 0 ? `, ${counted(failed, 'copy', 'copies')} failed` : '';
  if (verified === 0 && failed === 0) return 'Nothing was owed.';
  return `${counted(verified, 'copy', 'copies')} verified (${formatBytes(bytes)})${failedText}, in ${formatSpan(seconds)}.`;
}

const EXAMPLES = `
Examples:
  vrp sync                        everything that is owed, to every target
  vrp sync --target nas --retry   only there, and what failed before at once
  vrp sync --json                 a line for each step of each copy`;
