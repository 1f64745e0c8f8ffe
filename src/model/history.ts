import type { Marker, Recording } from './recording.ts';

/** What a person changes about a recording, as its history tells it. */
export interface HistoryFields {
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly notes?: string;
  readonly markers?: readonly Marker[];
  readonly collections?: readonly string[];
  readonly recordedAt?: string | null;
  readonly recordedAtSource?: string | null;
  readonly isTrashed?: boolean;
}

export const HISTORY_FIELDS = [
  'title',
  'tags',
  'notes',
  'markers',
  'collections',
  'recordedAt',
  'recordedAtSource',
  'isTrashed',
] as const satisfies readonly (keyof HistoryFields)[];
export type HistoryField = (typeof HISTORY_FIELDS)[number];

/** One change by a person: an amendment that was made, or a way to the trash or back. */
export interface HistoryEntry {
  /** Of the recording, once it was changed. */
  readonly version: number;
  /** ISO 8601 UTC. */
  readonly changedAt: string;
  /** Name of the actor. */
  readonly by: string;
  /** The version whose change this one took back; null for all others. */
  readonly undoes: number | null;
  /** Only what was changed, as it was before. */
  readonly before: HistoryFields;
  /** The same fields as they were afterwards. */
  readonly after: HistoryFields;
}

/** Newest first. `nextCursor` is null on the last page. */
export interface HistoryPage {
  readonly items: readonly HistoryEntry[];
  readonly nextCursor: string | null;
}

/** Which part of a history is wanted. */
export interface HistoryQuery {
  /** 1 to 500; 50 when not given. A page of large changes ends earlier. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** How much of a history a sidecar carries: the newest entries, together no longer than this as JSON. */
export const SIDECAR_HISTORY = { entries: 500, characters: 262_144 } as const;

type Changeable = Pick<Recording, Exclude<HistoryField, 'isTrashed'> | 'status'>;

/** Before and after of what a change did; undefined when it touched nothing that a history tells. */
export function differenceOf(
  before: Changeable,
  after: Changeable,
): Pick<HistoryEntry, 'before' | 'after'> | undefined {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const fields = HISTORY_FIELDS.filter((field) => !isSame(old[field], now[field]));
  return fields.length === 0 ? undefined : { before: pick(old, fields), after: pick(now, fields) };
}

/** The fields of `entry` that the recording no longer has as that change left them. */
export function changedSince(
  { after }: Pick<HistoryEntry, 'after'>,
  current: Changeable,
): readonly HistoryField[] {
  const now = fieldsOf(current);
  return touchedBy({ after }).filter((field) => !isSame(now[field], after[field]));
}

export function touchedBy({ after }: Pick<HistoryEntry, 'after'>): readonly HistoryField[] {
  return HISTORY_FIELDS.filter((field) => after[field] !== undefined);
}

/** Characters of JSON that tell what the entry changed. */
export function sizeOf({ before, after }: Pick<HistoryEntry, 'before' | 'after'>): number {
  return JSON.stringify(before).length + JSON.stringify(after).length;
}

function fieldsOf({ status, ...recording }: Changeable): Required<HistoryFields> {
  const { title, tags, notes, markers, collections, recordedAt, recordedAtSource } = recording;
  const isTrashed = status === 'trashed';
  return { title, tags, notes, markers, collections, recordedAt, recordedAtSource, isTrashed };
}

function pick(fields: HistoryFields, names: readonly HistoryField[]): HistoryFields {
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
