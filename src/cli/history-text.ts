import { type HistoryEntry, type HistoryFields, touchedBy } from '../model/history.ts';
import { localTime } from './recording-text.ts';
import { printable } from './terminal-text.ts';

/** How long a text may be before only its length is worth a line. */
const SHOWN_CHARACTERS = 60;

/** What people changed, newest first, for a terminal: each change with a line for each of its fields. */
export function historyLines(entries: readonly HistoryEntry[]): string[] {
  if (entries.length === 0) return ['Nobody changed anything yet.'];
  return entries.flatMap((entry) => {
    const undone = entry.undoes === null ? '' : `, took back version ${entry.undoes}`;
    const head = `Version ${entry.version}  ${localTime(entry.changedAt)}  ${printable(entry.by)}${undone}`;
    return [head, ...touchedBy(entry).map((field) => `  ${changeText(field, entry)}`)];
  });
}

function changeText(field: keyof HistoryFields, { before, after }: HistoryEntry): string {
  if (field === 'isTrashed') return after.isTrashed ? 'moved to the trash' : 'taken out of the trash';
  return `${field}: ${valueText(before[field])} -> ${valueText(after[field])}`;
}

function valueText(value: HistoryFields[keyof HistoryFields]): string {
  if (typeof value === 'string') return textOf(value);
  if (!Array.isArray(value) || value.length === 0) return '(none)';
  const words = value.filter((one) => typeof one === 'string');
  return words.length > 0 ? textOf(words.join(', ')) : `${value.length} of them`;
}

function textOf(text: string): string {
  if (text === '') return '(none)';
  // By characters: half of one of two is none.
  const shown = [...printable(text).slice(0, 2 * SHOWN_CHARACTERS + 2)];
  return shown.length > SHOWN_CHARACTERS
    ? `"${shown.slice(0, SHOWN_CHARACTERS).join('')}…"`
    : `"${shown.join('')}"`;
}
