import { type HistoryEntry, touchedBy } from '../../../src/model/history.ts';

/** A change as it is shown: what a person typed in one go counts as one. */
export interface ShownChange extends HistoryEntry {
  /** The first of the changes that are shown as this one. */
  readonly firstVersion: number;
}

/** Notes are saved at every pause; after a longer one somebody has begun to write something else. */
const TYPING_PAUSE_MS = 5 * 60_000;

/** `entries` newest first. Notes of one person that were saved shortly after one another become one change. */
export function gatherTyping(entries: readonly HistoryEntry[]): readonly ShownChange[] {
  const shown: ShownChange[] = [];
  let earliest: HistoryEntry | undefined;
  for (const entry of entries) {
    const last = shown.at(-1);
    if (last && earliest && isSameTyping(entry, earliest)) {
      shown[shown.length - 1] = { ...last, before: entry.before, firstVersion: entry.version };
    } else {
      shown.push({ ...entry, firstVersion: entry.version });
    }
    earliest = entry;
  }
  return shown;
}

function isSameTyping(earlier: HistoryEntry, later: HistoryEntry): boolean {
  const pauseMs = Date.parse(later.changedAt) - Date.parse(earlier.changedAt);
  return isTyping(earlier) && isTyping(later) && earlier.by === later.by && pauseMs < TYPING_PAUSE_MS;
}

function isTyping(entry: HistoryEntry): boolean {
  const [field, ...others] = touchedBy(entry);
  return field === 'notes' && others.length === 0 && entry.undoes === null;
}
