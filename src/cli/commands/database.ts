import type { Command } from 'commander';
import { copyStore } from '../../copy-store.ts';
import type { Cli } from '../cli.ts';
import { onClosedStore } from '../closed-store.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  const database = program
    .command('database')
    .description('Move the catalogue between SQLite and PostgreSQL.')
    .addHelpText('after', EXAMPLES);
  database
    .command('copy')
    .description(
      'copy the catalogue into another database, which must be empty, while no server runs; then both are compared row by row. The recordings and the present catalogue stay as they are',
    )
    .requiredOption(
      '--to <url>',
      'where to: postgres://user@host/database, sqlite:///absolute/path or sqlite:',
    )
    .option('--dry-run', 'only say what would be copied')
    .action((options: { to: string; dryRun?: boolean }) => copy(cli, options));
}

async function copy(cli: Cli, { to, dryRun = false }: { to: string; dryRun?: boolean }): Promise<void> {
  const { output } = cli;
  const report = await onClosedStore(cli, (options) => copyStore({ ...options, to, isDryRun: dryRun }));
  if (output.isJson) {
    output.document(report);
    return;
  }
  for (const { table, rows } of report.tables) output.line(`  ${table}: ${rows}`);
  if (!report.isCopied) {
    output.line(`So many rows would be copied from ${printable(report.from)} to ${printable(report.to)}.`);
    return;
  }
  output.line(
    `Copied from ${printable(report.from)} to ${printable(report.to)}, and compared: both say the same.`,
  );
  output.note(
    'Set DATABASE_URL to it before the next start; the catalogue that was copied is kept as it was.',
  );
}

const EXAMPLES = `
Examples:
  vrp database copy --to postgres://recorder@127.0.0.1/recorder --dry-run
  DATABASE_URL=postgres://recorder@127.0.0.1/recorder vrp database copy --to sqlite:`;
