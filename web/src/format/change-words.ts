import { type HistoryEntry, type HistoryField, touchedBy } from '../../../src/model/history.ts';
import { STRINGS } from '../strings.ts';
import { formatDateTime } from './date.ts';

const words = STRINGS.history;
/** Of a text, as much as a line has room for. */
const SHOWN_CHARACTERS = 80;

/** One sentence for each field that a change touched. */
export function describeChange(entry: HistoryEntry): readonly string[] {
  return touchedBy(entry).flatMap((field) => describeField(field, entry));
}

function describeField(field: HistoryField, { before, after }: HistoryEntry): string | readonly string[] {
  switch (field) {
    case 'title':
      return words.title(short(before.title), short(after.title));
    case 'tags':
      return words.tags(...changedWords(before.tags, after.tags));
    case 'collections':
      return words.collections(...changedWords(before.collections, after.collections));
    case 'notes':
      return describeNotes(before.notes ?? '', after.notes ?? '');
    case 'markers': {
      const [old, now] = [before.markers?.length ?? 0, after.markers?.length ?? 0];
      return old === now ? words.markersChanged : words.markers(old, now);
    }
    case 'recordedAt':
      return words.recordedAt(dateOf(before.recordedAt), dateOf(after.recordedAt));
    case 'recordedAtSource':
      // It goes with the date.
      return after.recordedAt === undefined ? words.recordedAtSource : [];
    case 'isTrashed':
      return after.isTrashed ? words.trashed : words.restored;
  }
}

function dateOf(iso: string | null | undefined): string {
  return iso == null ? words.noDate : formatDateTime(iso);
}

function describeNotes(before: string, after: string): string {
  if (before === '') return words.notesWritten(short(after));
  if (after === '') return words.notesRemoved(short(before));
  return words.notesChanged(short(before), short(after));
}

/** What was added, and what was taken away. */
function changedWords(
  before: readonly string[] = [],
  after: readonly string[] = [],
): [added: readonly string[], removed: readonly string[]] {
  return [after.filter((word) => !before.includes(word)), before.filter((word) => !after.includes(word))];
}

function short(text = ''): string {
  // By characters: half of one of two is none.
  const shown = [...text.slice(0, 2 * SHOWN_CHARACTERS + 2).replaceAll(/\s+/g, ' ')];
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS).join('')}…` : shown.join('');
}
