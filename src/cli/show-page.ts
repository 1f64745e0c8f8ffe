import type { RecordingPage, RecordingQuery } from '../model/recording.ts';
import type { Cli } from './cli.ts';
import { isStoreUntouched, openLibraryView } from './library-door.ts';
import { RECORDING_COLUMNS } from './recording-text.ts';
import { tableLines } from './table.ts';
import { printable } from './terminal-text.ts';

const NOTHING: RecordingPage = { items: [], nextCursor: null };

/** Asks for one page of recordings and shows it as a table, or as `{items, nextCursor}`. */
export async function showPage(cli: Cli, query: RecordingQuery): Promise<void> {
  const { output } = cli;
  const page = (await isStoreUntouched(cli)) ? NOTHING : await readPage(cli, query);
  if (output.isJson) {
    output.document(page);
    return;
  }
  if (page.items.length === 0) {
    output.note(emptyText(query));
    return;
  }
  for (const { from, to } of page.corrections ?? [])
    output.note(
      `Nothing has "${printable(from)}"; these have ${to.map((word) => `"${printable(word)}"`).join(' or ')}.`,
    );
  const [heading = '', ...lines] = tableLines(RECORDING_COLUMNS, page.items, output.columns);
  output.line(output.paint('bold', heading));
  for (const line of lines) output.line(line);
  if (page.nextCursor !== null) output.note(`There are more; go on with --cursor ${page.nextCursor}`);
}

async function readPage(cli: Cli, query: RecordingQuery): Promise<RecordingPage> {
  const door = await openLibraryView(cli);
  try {
    return await door.list(query);
  } finally {
    await door.close();
  }
}

function emptyText(query: RecordingQuery): string {
  if (query.isTrashed) return 'The trash is empty.';
  const { limit, cursor, order, isTrashed, isGrouped, ...narrowing } = query;
  if (Object.keys(narrowing).length > 0) return 'No recording matches.';
  return query.cursor === undefined
    ? 'There are no recordings yet. "vrp start" records, "vrp import" brings in files.'
    : 'There are no more recordings.';
}
