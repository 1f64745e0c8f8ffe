import { HISTORY_FIELDS, type HistoryEntry, type HistoryField, type HistoryFields } from './history.ts';

/**
 * The history that a sidecar carries, newest first. An entry that cannot be one is left out: what a recording was
 * called once is not worth losing what it is called now.
 */
export function readHistory(value: unknown, newestVersion: number): readonly HistoryEntry[] {
  if (!Array.isArray(value)) return [];
  const byVersion = new Map<number, HistoryEntry>();
  for (const one of value) {
    const entry = readEntry(one);
    if (entry !== undefined && entry.version <= newestVersion) byVersion.set(entry.version, entry);
  }
  return [...byVersion.values()].sort((a, b) => b.version - a.version);
}

function readEntry(value: unknown): HistoryEntry | undefined {
  if (!isObject(value)) return undefined;
  const { version, changedAt, by, undoes = null } = value;
  const before = readFields(value['before']);
  const after = readFields(value['after']);
  if (!isVersion(version) || !isText(changedAt) || !(Date.parse(changedAt) >= 0) || !isText(by))
    return undefined;
  if (before === undefined || after === undefined || (undoes !== null && !isVersion(undoes)))
    return undefined;
  const fields = Object.keys(after);
  if (fields.length === 0 || fields.join() !== Object.keys(before).join()) return undefined;
  return { version, changedAt, by, undoes, before, after };
}

/** Undefined when a field that is known has a value that it cannot have; others are left out. */
function readFields(value: unknown): HistoryFields | undefined {
  if (!isObject(value)) return undefined;
  const names = HISTORY_FIELDS.filter((field) => value[field] !== undefined);
  if (!names.every((field) => IS_RIGHT[field](value[field]))) return undefined;
  return Object.fromEntries(names.map((field) => [field, value[field]]));
}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

const IS_RIGHT: Readonly<Record<HistoryField, (value: unknown) => boolean>> = {
  title: isText,
  tags: isTexts,
  notes: isText,
  markers: (value) => Array.isArray(value) && value.every(isMarker),
  collections: isTexts,
  recordedAt: (value) => value === null || (isText(value) && !Number.isNaN(Date.parse(value))),
  recordedAtSource: (value) => value === null || isText(value),
  isTrashed: (value) => typeof value === 'boolean',
};

function isMarker(value: unknown): boolean {
  return isObject(value) && Number.isFinite(value['atSeconds']) && isText(value['label']);
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
