import type { Command } from 'commander';
import { VoiceRecorderError } from '../../model/failure.ts';
import { counted, formatBytes, formatSpan } from '../../model/format.ts';
import type { ImportOutcome } from '../../model/import-outcome.ts';
import type { ImportOptions } from '../../voice-recorder.ts';
import type { Cli } from '../cli.ts';
import { openImportBar } from '../import-bar.ts';
import { isInside, planImport } from '../import-plan.ts';
import { type ImportSummary, runImports } from '../import-run.ts';
import { isStoreUntouched, openLibraryDoor } from '../library-door.ts';
import { tellReasons } from '../preflight.ts';
import { collect } from '../repeatable-option.ts';
import { printable } from '../terminal-text.ts';

interface ImportCommandOptions {
  readonly title?: string;
  readonly tag?: readonly string[];
  readonly move?: boolean;
  readonly recursive?: boolean;
  readonly dryRun?: boolean;
  readonly readBack?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('import')
    .description(
      'Bring audio files into the library. Each is kept byte for byte; files already there are not kept twice.',
    )
    .argument('<path...>', 'audio files, or folders with --recursive')
    .option('-r, --recursive', 'import the files of folders and of the folders below (hidden ones left out)')
    .option('--title <title>', 'title instead of the one made from the file')
    .option('-t, --tag <tag>', 'a tag for every file (repeatable)', collect)
    .option('--move', 'remove each source, once its stored copy was read back and matched')
    .option('--read-back', 'read each stored copy again and compare, as --move always does')
    .option('--dry-run', 'run every check on each file and say its result; store nothing')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: ImportCommandOptions) => importPaths(cli, paths, options));
}

async function importPaths(cli: Cli, paths: readonly string[], options: ImportCommandOptions): Promise<void> {
  const { output } = cli;
  const signal = cli.interruption;
  const { describeStore } = await import('../store-place.ts');
  const { dataDir } = describeStore(cli);
  const plan = await planImport({ paths, isRecursive: options.recursive ?? false, dataDir });
  const showsBar = output.hasProgressBesideLines && plan.files.length > 0;
  const importer = await openImporter(cli, options, dataDir, plan.totalBytes);
  const bar = showsBar ? await openImportBar(plan.totalBytes, plan.files.length) : undefined;
  const startMs = performance.now();
  let summary: ImportSummary;
  try {
    summary = await runImports(
      plan,
      {
        ...(options.title === undefined ? {} : { title: options.title }),
        tags: options.tag ?? [],
        isMove: options.move ?? false,
        isDryRun: options.dryRun ?? false,
        isReadBack: options.readBack ?? false,
      },
      {
        ...importer,
        signal,
        onProgress: (bytesDone) => bar?.update(bytesDone),
        onOutcome: (outcome) => {
          bar?.countFile();
          if (output.isJson) output.jsonLine(outcome);
          else if (outcome.checks) output.line(checkLines(outcome));
          if (outcome.error) {
            (bar?.say ?? output.note)(problemLine(cli, outcome));
            cli.markFailed();
          }
        },
      },
    );
  } finally {
    bar?.stop();
    await importer.close();
  }
  if (!output.isJson) output.line(summaryText(summary, options, (performance.now() - startMs) / 1000));
  if (summary.leftOver > 0) output.note(`Stopped: ${counted(summary.leftOver, 'file')} not imported.`);
  if (signal.aborted) cli.markInterrupted();
  else if (summary.leftOver > 0) cli.markFailed();
}

interface Importer {
  readonly importFile: (path: string, options: ImportOptions) => Promise<ImportOutcome>;
  readonly atOnce: number;
  readonly close: () => Promise<void>;
}

async function openImporter(
  cli: Cli,
  options: ImportCommandOptions,
  dataDir: string,
  totalBytes: number,
): Promise<Importer> {
  if (options.dryRun && (await isStoreUntouched(cli))) {
    // Trying must not leave a store behind.
    const { openRehearsal } = await import('../../open-rehearsal.ts');
    return { ...openRehearsal(dataDir), atOnce: 1 };
  }
  const door = await openLibraryDoor(cli);
  // Only said: some of it may be there already, and what does not fit is refused file by file.
  const { reasons } = await door.store.preflight({ purpose: 'import', bytes: totalBytes });
  tellReasons(cli.output, reasons);
  return {
    atOnce: door.importsAtOnce,
    close: () => door.close(),
    async importFile(path, importOptions) {
      if (importOptions.isMove && !importOptions.isDryRun && (await isInside(path, dataDir))) {
        throw new VoiceRecorderError(
          'invalid-input',
          `${path} lies in the library itself, so it cannot be moved there.`,
        );
      }
      return door.importFile(path, importOptions);
    },
  };
}

function problemLine({ output }: Cli, { file, status, error }: ImportOutcome): string {
  const label = status === 'rejected' ? 'Rejected' : 'Problem';
  return `${output.paint('red', label, 'stderr')} ${printable(file)}: ${printable(error?.message ?? '')} [${error?.code}]`;
}

/** The file, and behind what became of its checks their names. */
function checkLines({ file, status, checks = [] }: ImportOutcome): string {
  const words = {
    passed: 'passed',
    failed: 'FAILED',
    'not-asked': 'not asked',
    'not-reached': 'not reached',
  };
  const lines = Object.entries(words).flatMap(([result, word]) => {
    const names = checks.filter((check) => check.result === result).map(({ name }) => name);
    return names.length === 0 ? [] : [`  ${word}: ${names.join(', ')}`];
  });
  const verdict = { stored: 'Would be stored', duplicate: 'Already there', rejected: 'Would be rejected' }[
    status
  ];
  return [`${verdict}: ${printable(file)}`, ...lines].join('\n');
}

function summaryText(summary: ImportSummary, options: ImportCommandOptions, elapsedSeconds: number): string {
  const { stored, storedBytes, duplicate, rejected } = summary;
  const verb = options.dryRun ? 'would be stored' : 'stored';
  const parts = [`${counted(stored, 'file')} ${verb} (${formatBytes(storedBytes)})`];
  if (duplicate > 0) parts.push(`${duplicate} already there`);
  if (rejected > 0) parts.push(`${rejected} rejected`);
  return `${parts.join(', ')}, in ${formatSpan(elapsedSeconds)}.`;
}

const EXAMPLES = `
Examples:
  vrp import interview.wav --title "Interview with A." --tag oral-history
  vrp import ~/Recordings --recursive --dry-run
  vrp import card/*.wav --move      sources go when their copies are proven

With --json each file is one line: {"file", "status": "stored" | "duplicate" | "rejected", "id"?, "checksum"?,
"error"?}, in a dry run with "checks": [{"name", "phase", "result", "code"?, "message"?}]. Ctrl-C finishes or drops the file at hand cleanly; what was stored stays.`;
