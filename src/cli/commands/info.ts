import { join } from 'node:path';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { openLibraryView } from '../library-door.ts';
import { factLines, recordingFacts } from '../recording-text.ts';
import { takeDocument, takeLines } from '../take-text.ts';
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
    const { takeId } = recording;
    const segments = takeId === null ? [] : await door.segmentsOf(takeId);
    const isPart = segments.length > 1 && segments.some(({ id }) => id === recording.id);
    if (output.isJson) {
      output.document(isPart ? { ...recording, take: takeDocument(segments) } : recording);
      return;
    }
    const path = join(door.dataDir, recording.storedFilename);
    for (const line of factLines(recordingFacts(recording, path))) output.line(line);
    for (const warning of recording.warnings) {
      output.line(
        `${output.paint('yellow', 'Warning')}: ${printable(warning.message)} [${printable(warning.code)}]`,
      );
    }
    if (isPart) for (const line of takeLines(segments, recording.id)) output.line(line);
  } finally {
    await door.close();
  }
}

const EXAMPLES = `
Examples:
  vrp info 7c3e91ab                 the id that "vrp list" shows
  vrp info 7c3e91ab --json          one JSON object`;
