import type { Command } from 'commander';
import { formatBytes } from '../../model/format.ts';
import type { Cli } from '../cli.ts';
import { withLibrary } from '../library-door.ts';
import { requirePreflight } from '../preflight.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('backup')
    .description(
      'Make a snapshot of the catalogue in the folder backup of the store, opened and checked before it counts. A running server makes one each day.',
    )
    .option('--list', 'list the snapshots that are there instead')
    .addHelpText('after', EXAMPLES)
    .action((options: { list?: boolean }) => (options.list ? listBackups(cli) : backUp(cli)));
}

async function backUp(cli: Cli): Promise<void> {
  const { output } = cli;
  const backup = await withLibrary(cli, async (door) => {
    await requirePreflight(door, output, { purpose: 'backup' });
    return await door.store.createBackup();
  });
  if (output.isJson) {
    output.document(backup);
    return;
  }
  const { name, sizeBytes, removed } = backup;
  output.line(`Kept as backup/${printable(name)} (${formatBytes(sizeBytes)}), checked.`);
  for (const old of removed) output.note(`The rotation let go backup/${printable(old)}.`);
}

async function listBackups(cli: Cli): Promise<void> {
  const { output } = cli;
  const items = await withLibrary(cli, (door) => door.store.listBackups());
  if (output.isJson) {
    output.document({ items });
    return;
  }
  for (const { name, sizeBytes } of items)
    output.line(`backup/${printable(name)}  ${formatBytes(sizeBytes)}`);
  if (items.length === 0) output.note('There is no snapshot yet: "vrp backup" makes one.');
}

const EXAMPLES = `
Kept are the last one of each of 7 days and 4 weeks (VRP_BACKUP_DAYS, VRP_BACKUP_WEEKS), and the last three in any case.
"vrp restore-backup" puts one back. Recordings are not in it: copy the data folder, or have it copied elsewhere.

Examples:
  vrp backup
  vrp backup --list`;
