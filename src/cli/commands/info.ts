import { join } from 'node:path';
import type { Command } from 'commander';
import type { HistoryEntry } from '../../model/history.ts';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { historyLines } from '../history-text.ts';
import { isHere, openLibraryView } from '../library-door.ts';
import { factLines, recordingFacts } from '../recording-text.ts';
import { takeDocument, takeLines } from '../take-text.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('info')
    .description('Show everything known about one recording.')
    .argument('<id>', 'its id, or 8 characters or more from the beginning or end of it')
    .option('--history', 'what people changed about it, newest first: when, who, before and after')
    .addHelpText('after', EXAMPLES)
    .action((id: string, { history }: { history?: boolean }) =>
      history ? showHistory(cli, id) : showInfo(cli, id),
    );
}

/** All of it, page by page. */
async function showHistory(cli: Cli, word: string): Promise<void> {
  const { output } = cli;
  const door = await openLibraryView(cli);
  try {
    const { id } = await findRecording(door, word);
    const items: HistoryEntry[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await door.history(id, cursor === undefined ? {} : { cursor });
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    if (output.isJson) output.document({ items });
    else for (const line of historyLines(items)) output.line(line);
  } finally {
    await door.close();
  }
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
    const path = isHere(door, recording)
      ? join(door.dataDir, recording.storedFilename)
      : `${recording.storedFilename} in another store, ${recording.storeId}`;
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
  vrp info 7c3e91ab --json          one JSON object
  vrp info 7c3e91ab --history       "vrp edit-info ID --undo VERSION" takes a change back`;
