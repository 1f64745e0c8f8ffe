import type { Command } from 'commander';
import {
  CLEANUP_KINDS,
  type CleanupKind,
  type CleanupReport,
  type Recommendation,
} from '../../model/cleanup.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import { formatBytes } from '../../model/format.ts';
import { openCleanupBar } from '../cleanup-bar.ts';
import type { Cli } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { type LibraryDoor, withLibrary } from '../library-door.ts';
import { printable } from '../terminal-text.ts';

interface CleanupCommandOptions {
  readonly apply?: boolean;
  readonly yes?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('cleanup')
    .description(
      'Say what could go to make room, what it would free and what would be lost; with --apply let it go.',
    )
    .argument('[kind...]', `${CLEANUP_KINDS.join(', ')}; all that are safe to recommend when none is named`)
    .option('--apply', 'let it go')
    .option('-y, --yes', 'do not ask before recordings in the trash are removed for good')
    .addHelpText('after', EXAMPLES)
    .action((kinds: string[], options: CleanupCommandOptions) => cleanUp(cli, kinds, options));
}

async function cleanUp(cli: Cli, words: readonly string[], options: CleanupCommandOptions): Promise<void> {
  const named = words.map(readKind);
  await withLibrary(cli, async (door) => {
    const all = await door.files.recommend();
    const recommendations = all.filter(({ kind }) => named.length === 0 || named.includes(kind));
    const report = options.apply
      ? await apply(cli, door, recommendations, named, options.yes ?? false)
      : undefined;
    if (cli.output.isJson) cli.output.document({ recommendations, ...(report ? { applied: report } : {}) });
    else if (report) showReport(cli, report);
    else show(cli, recommendations);
  });
}

async function apply(
  cli: Cli,
  door: LibraryDoor,
  recommendations: readonly Recommendation[],
  named: readonly CleanupKind[],
  isSure: boolean,
): Promise<CleanupReport> {
  // Of what should be looked at one by one, nothing goes unless it is called by its name.
  const chosen = recommendations.filter(({ kind, risk }) => risk !== 'review' || named.includes(kind));
  const kinds: CleanupKind[] = [];
  for (const { kind, risk, message, freesBytes } of chosen) {
    const isAsked = risk === 'final' || risk === 'review';
    if (isAsked && !isSure && !(await confirm(cli, `${message} ${formatBytes(freesBytes)}. Go on?`)))
      continue;
    kinds.push(kind);
  }
  if (kinds.length === 0) return { done: [], failed: [], freedBytes: 0 };
  const going = chosen.filter(({ kind }) => kinds.includes(kind));
  const bar = cli.output.hasProgress && !cli.output.isJson ? await openCleanupBar(going) : undefined;
  const signal = cli.interruption;
  try {
    const report = await door.files.cleanUp(kinds, {
      signal,
      onProgress: (progress) => bar?.update(progress),
    });
    if (report.failed.length > 0) cli.markFailed();
    return report;
  } catch (error) {
    if (!signal.aborted) throw error;
    // A server ends with the one who asked, and says no more.
    return { done: [], failed: [], freedBytes: 0 };
  } finally {
    bar?.stop();
    if (signal.aborted) {
      cli.output.note('Stopped: what was let go until then is gone, all else is there.');
      cli.markInterrupted();
    }
  }
}

function show({ output }: Cli, recommendations: readonly Recommendation[]): void {
  if (recommendations.length === 0) output.line('Nothing to clean up.');
  for (const { kind, freesBytes, message, risk } of recommendations) {
    const size = freesBytes > 0 ? `  ${formatBytes(freesBytes)}` : '';
    output.line(`${output.paint('bold', kind)}${size}${risk === 'review' ? '  (only when named)' : ''}`);
    output.line(`  ${message}`);
  }
  if (recommendations.length > 0) output.note('Nothing was removed. "vrp cleanup --apply" does it.');
}

function showReport({ output }: Cli, { done, failed, freedBytes }: CleanupReport): void {
  for (const { kind, count, freedBytes: bytes } of done)
    output.line(`${kind}: ${count} gone, ${formatBytes(bytes)} free`);
  for (const { name, code, message } of failed)
    output.note(
      `${output.paint('red', 'Failed:', 'stderr')} ${printable(name)}: ${printable(message)} [${code}]`,
    );
  output.line(`${formatBytes(freedBytes)} freed.`);
}

function readKind(word: string): CleanupKind {
  const kind = CLEANUP_KINDS.find((one) => one === word);
  if (kind) return kind;
  throw new VoiceRecorderError(
    'usage',
    `"${word}" is nothing that could be cleaned up: expected ${CLEANUP_KINDS.join(', ')}.`,
  );
}

const EXAMPLES = `
Examples:
  vrp cleanup                       only says what could go
  vrp cleanup derived --apply       waveforms and playable copies, made again when wanted
  vrp cleanup --apply --yes         all of it, old trash included

With --json: {"recommendations": [{"kind", "count", "freesBytes", "risk", "message", "examples"}], "applied"?}.`;
