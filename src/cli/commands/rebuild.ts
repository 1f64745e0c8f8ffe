import type { Command } from 'commander';
import { counted } from '../../model/format.ts';
import { rebuildStore } from '../../rebuild-store.ts';
import type { Cli } from '../cli.ts';
import { onClosedStore } from '../closed-store.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('rebuild')
    .description(
      'Make the catalogue anew from the audio files and their sidecars alone, while no server runs. The old one is kept beside it; Ctrl-C stops, and the next call goes on.',
    )
    .addHelpText('after', EXAMPLES)
    .action(() => rebuildCatalogue(cli));
}

async function rebuildCatalogue(cli: Cli): Promise<void> {
  const { output } = cli;
  const { recovered, adopted, failed, keptFile } = await onClosedStore(cli, rebuildStore);
  if (failed.length > 0) cli.markFailed();
  if (output.isJson) {
    output.document({ recovered, adopted, failed });
    return;
  }
  output.line(
    `${counted(recovered, 'recording')} recovered from their sidecars, ${adopted} described anew, ${failed.length} with a fault.`,
  );
  for (const { message, code } of failed) output.line(`  ${printable(message)} [${code}]`);
  if (keptFile !== null) output.note(`The catalogue that was there is kept as ${printable(keptFile)}.`);
  output.note('Named tokens stand in no file: "vrp token list" shows whether one has to be made again.');
}

const EXAMPLES = `
Nothing is deleted. A recording whose audio is missing or has another size is entered as such and named, exit code 1.
A catalogue that is shared with other stores (VRP_SHARED_CATALOGUE=on) stays: what the files of this one say is entered there.

Examples:
  vrp rebuild
  vrp rebuild --json`;
