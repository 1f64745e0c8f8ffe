import { join } from 'node:path';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { openLibraryView } from '../library-door.ts';
import { factLines, recordingFacts } from '../recording-text.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('info')
    .description('Show everything known about one recording.')
    .argument('<id>', 'its id, or 8 characters or more from the beginning or end of it')
    .addHelpText('after', EXAMPLES)
    .action((id: string) => showInfo(cli, id));
}

async function showInfo(cli: Cli, word: string): Promise<void> {
  const { output } = cli;
  const door = await openLibraryView(cli);
  try {
    const recording = await findRecording(door, word);
    if (output.isJson) {
      output.document(recording);
      return;
    }
    const path = join(door.dataDir, recording.storedFilename);
    for (const line of factLines(recordingFacts(recording, path))) output.line(line);
    for (const warning of recording.warnings) {
      output.line(
        `${output.paint('yellow', 'Warning')}: ${printable(warning.message)} [${printable(warning.code)}]`,
      );
    }
  } finally {
    await door.close();
  }
}

const EXAMPLES = `
Examples:
  vrp info 7c3e91ab                 the id that "vrp list" shows
  vrp info 7c3e91ab --json          one JSON object`;
