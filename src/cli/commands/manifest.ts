import type { Command } from 'commander';
import { counted } from '../../model/format.ts';
import { manifestLines, writeManifest } from '../../verify/manifest.ts';
import type { Cli } from '../cli.ts';
import { everyRecordingHere, type LibraryView, openLibraryView } from '../library-door.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('manifest')
    .description(
      'Write SHA256SUMS into the data folder: the checksum of every recording, those in the trash included, for anybody to check without this program.',
    )
    .option('--print', 'print it instead of writing the file')
    .addHelpText('after', EXAMPLES)
    .action((options: { print?: boolean }) => manifest(cli, options.print ?? false));
}

async function manifest(cli: Cli, isPrinted: boolean): Promise<void> {
  const { output } = cli;
  const view = await openLibraryView(cli);
  try {
    if (isPrinted) {
      await print(cli, view);
      return;
    }
    const { path, count } = await writeManifest(view.dataDir, everything(view));
    if (output.isJson) {
      output.document({ path, count });
      return;
    }
    output.line(`${counted(count, 'recording')} in ${printable(path)}`);
    output.note(`To check them all: cd "${printable(view.dataDir)}" && sha256sum -c SHA256SUMS`);
  } finally {
    await view.close();
  }
}

async function print({ output }: Cli, view: LibraryView): Promise<void> {
  if (output.isJson) {
    for await (const { id, checksum, storedFilename } of everything(view)) {
      if (output.isClosed) return;
      output.jsonLine({ id, checksum, storedFilename });
    }
    return;
  }
  for await (const line of manifestLines(everything(view))) {
    if (output.isClosed) return;
    output.line(line.slice(0, -1));
  }
}

async function* everything(view: LibraryView) {
  yield* everyRecordingHere(view);
  yield* everyRecordingHere(view, true);
}

const EXAMPLES = `
Examples:
  vrp manifest && cd DATA-FOLDER && sha256sum -c SHA256SUMS
  vrp manifest --print > elsewhere.sha256`;
