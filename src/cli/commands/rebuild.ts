import type { Command } from 'commander';
import { rebuildStore, type StoreRebuild } from '../../rebuild-store.ts';
import type { Cli } from '../cli.ts';
import { openFileBar } from '../file-bar.ts';
import { requireStore } from '../library-door.ts';
import { overridesOf } from '../store-place.ts';
import { printable } from '../terminal-text.ts';

const LOCK_WAIT_MS = 5_000;

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
  await requireStore(cli);
  const { environment } = cli.store;
  const bar = output.hasProgress ? await openFileBar() : undefined;
  let report: StoreRebuild;
  try {
    report = await rebuildStore({
      ...(environment === undefined ? {} : { environment }),
      overrides: overridesOf(cli.store),
      lockWaitMs: LOCK_WAIT_MS,
      signal: cli.interruption,
      onProgress: ({ filesDone, fileCount }) => bar?.update(filesDone, fileCount),
    });
  } finally {
    bar?.stop();
  }
  const { recovered, adopted, failed, keptFile } = report;
  if (failed.length > 0) cli.markFailed();
  if (output.isJson) {
    output.document({ recovered, adopted, failed });
    return;
  }
  output.line(
    `${recordings(recovered)} recovered from their sidecars, ${adopted} described anew, ${failed.length} with a fault.`,
  );
  for (const { message, code } of failed) output.line(`  ${printable(message)} [${code}]`);
  if (keptFile !== null) output.note(`The catalogue that was there is kept as ${printable(keptFile)}.`);
  output.note('Named tokens stand in no file: "vrp token list" shows whether one has to be made again.');
}

function recordings(count: number): string {
  return count === 1 ? '1 recording' : `${count} recordings`;
}

const EXAMPLES = `
Nothing is deleted. A recording whose audio is missing or has another size is entered as such and named, exit code 1.

Examples:
  vrp rebuild
  vrp rebuild --json`;
