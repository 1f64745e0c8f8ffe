import { resolve } from 'node:path';
import type { Command } from 'commander';
import { restoreStore } from '../../restore-store.ts';
import type { Cli } from '../cli.ts';
import { onClosedStore } from '../closed-store.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('restore-backup')
    .description(
      'Put a snapshot of the catalogue back, while no server runs. What sidecars know better than the snapshot is kept, and so is the present catalogue, beside it.',
    )
    .argument('[file]', 'the snapshot; the newest sound one of the folder backup when none is named')
    .addHelpText('after', EXAMPLES)
    .action((file?: string) => restoreBackup(cli, file));
}

async function restoreBackup(cli: Cli, file: string | undefined): Promise<void> {
  const { output } = cli;
  const report = await onClosedStore(cli, (options) =>
    restoreStore({ ...options, ...(file === undefined ? {} : { file: resolve(file) }) }),
  );
  const { keptFile, ...facts } = report;
  if (report.failed.length > 0) cli.markFailed();
  if (output.isJson) {
    output.document(facts);
    return;
  }
  output.line(
    `${printable(report.file)} is the catalogue now, with what sidecars know better (${report.recovered} read).`,
  );
  if (report.adopted > 0) output.line(`${report.adopted} files without a sidecar were described anew.`);
  for (const { message, code } of report.failed) output.line(`  ${printable(message)} [${code}]`);
  if (keptFile !== null) output.note(`The catalogue that was there is kept as ${printable(keptFile)}.`);
}

const EXAMPLES = `
Examples:
  vrp backup --list
  vrp restore-backup
  vrp restore-backup DATA-FOLDER/backup/catalogue-20261123T031500.000Z.sqlite`;
