import { VoiceRecorderError } from './failure.ts';
import type { Marker, Recording, RecordingAmendment } from './recording.ts';
import { checkTimeline } from './take-timeline.ts';

/** Lengths in characters (Unicode code points). */
export const AMENDMENT_LIMITS = {
  title: 500,
  notes: 100_000,
  tags: 50,
  tag: 100,
  markers: 10_000,
  markerLabel: 500,
  collections: 50,
  collection: 100,
} as const;

/** The fields of a recording that an amendment sets. */
export type AmendedFields = Partial<
  Pick<
    Recording,
    'title' | 'tags' | 'notes' | 'markers' | 'timeline' | 'collections' | 'recordedAt' | 'recordedAtSource'
  >
>;

/** Whoever takes a change back also puts back how the date was known. */
export interface RestoringAmendment extends RecordingAmendment {
  readonly recordedAtSource?: string | null;
}

/** How a date is known that somebody entered. */
const PERSON = 'person';
const DATE_WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * What an amendment makes of `current`, as it is kept: titles, tags and collections trimmed and in Unicode form C,
 * repeated tags left out. Throws `invalid-input` naming the field.
 */
export function resolveAmendment(
  current: Pick<Recording, 'tags' | 'collections' | 'recordedAt'>,
  amendment: RestoringAmendment,
): AmendedFields {
  const { addTags, removeTags, addCollections, removeCollections, ...replaced } = amendment;
  const tags = changeWords(current.tags, replaced.tags, addTags, removeTags);
  const collections = changeWords(
    current.collections,
    replaced.collections,
    addCollections,
    removeCollections,
  );
  return {
    ...checkFields({ ...replaced, ...(tags && { tags }), ...(collections && { collections }) }),
    ...recordedFields(current.recordedAt, amendment),
  };
}

function checkFields(amendment: AmendedFields): AmendedFields {
  const { title, tags, notes, markers, timeline, collections } = amendment;
  return {
    ...(title === undefined ? {} : { title: checkTitle(title) }),
    ...(tags === undefined
      ? {}
      : { tags: checkWords('tag', tags, AMENDMENT_LIMITS.tags, AMENDMENT_LIMITS.tag) }),
    ...(notes === undefined ? {} : { notes: checkText('notes', notes, AMENDMENT_LIMITS.notes) }),
    ...(markers === undefined ? {} : { markers: checkMarkers(markers) }),
    ...(timeline === undefined ? {} : { timeline: checkTimeline(timeline) }),
    ...(collections === undefined ? {} : { collections: checkCollections(collections) }),
  };
}

/** Nothing when the date stays as it is: then it is known as it was before. */
function recordedFields(
  current: string | null,
  { recordedAt, recordedAtSource }: RestoringAmendment,
): Pick<AmendedFields, 'recordedAt' | 'recordedAtSource'> {
  const restored = recordedAtSource === undefined ? {} : { recordedAtSource };
  if (recordedAt === undefined) return restored;
  const checked = recordedAt === null ? null : checkDate(recordedAt);
  if (checked === current) return restored;
  return { recordedAt: checked, recordedAtSource: checked === null ? null : PERSON, ...restored };
}

function checkDate(text: string): string {
  const epochMs = DATE_WITH_ZONE.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(epochMs)) return new Date(epochMs).toISOString();
  throw invalid(
    `The date of recording is ${JSON.stringify(text.slice(0, 60))}; expected ISO 8601 with its zone, as 1962-05-01T14:30:00+01:00.`,
  );
}

/** The name of a collection as it is kept. Throws `invalid-input`. */
export function checkCollection(name: string): string {
  return checkCollections([name])[0] ?? '';
}

/** Undefined when nothing was wanted of them. What is both added and taken away is not there. */
function changeWords(
  current: readonly string[],
  replaced: readonly string[] | undefined,
  added: readonly string[] = [],
  removed: readonly string[] = [],
): readonly string[] | undefined {
  if (replaced === undefined && added.length === 0 && removed.length === 0) return undefined;
  const gone = new Set(removed.map(tagKey));
  return [...(replaced ?? current), ...added].filter((word) => !gone.has(tagKey(word)));
}

/** Two spellings with the same key are the same tag, or the same collection. */
export function tagKey(tag: string): string {
  return tag.trim().normalize('NFC').toLowerCase();
}

function checkTitle(title: string): string {
  const trimmed = checkText('title', title, AMENDMENT_LIMITS.title).trim();
  if (trimmed === '') throw invalid('The title is empty; a recording needs at least one visible character.');
  return trimmed;
}

function checkWords(
  field: string,
  words: readonly string[],
  countLimit: number,
  lengthLimit: number,
): string[] {
  if (words.length > countLimit) {
    throw invalid(`There are ${words.length} ${field}s; at most ${countLimit} are possible.`);
  }
  const byKey = new Map<string, string>();
  for (const word of words) {
    const trimmed = checkText(field, word, lengthLimit).trim();
    if (trimmed === '') throw invalid(`A ${field} is empty; leave it out.`);
    if (!byKey.has(tagKey(trimmed))) byKey.set(tagKey(trimmed), trimmed);
  }
  return [...byKey.values()];
}

function checkCollections(names: readonly string[]): string[] {
  const checked = checkWords('collection', names, AMENDMENT_LIMITS.collections, AMENDMENT_LIMITS.collection);
  const dots = checked.find((name) => name === '.' || name === '..');
  if (dots === undefined) return checked;
  throw invalid(`A collection cannot be named "${dots}": in an address that stands for a folder.`);
}

function checkMarkers(markers: readonly Marker[]): Marker[] {
  if (markers.length > AMENDMENT_LIMITS.markers) {
    throw invalid(`There are ${markers.length} markers; at most ${AMENDMENT_LIMITS.markers} are possible.`);
  }
  return markers.map(({ atSeconds, label }) => {
    if (!Number.isFinite(atSeconds) || atSeconds < 0) {
      throw invalid(`A marker stands at ${atSeconds} seconds; expected a number from 0 on.`);
    }
    return { atSeconds, label: checkText('marker label', label, AMENDMENT_LIMITS.markerLabel) };
  });
}

/** Also the guard of databases and file formats that end a text at NUL. */
function checkText(field: string, text: string, lengthLimit: number): string {
  if (text.includes('\0')) throw invalid(`The ${field} contains a NUL character, which cannot be kept.`);
  const normalized = text.toWellFormed().normalize('NFC');
  // Code points are never more than UTF-16 units: only a text that looks too long is counted.
  const length = normalized.length > lengthLimit ? [...normalized].length : normalized.length;
  if (length > lengthLimit) {
    throw invalid(`The ${field} has ${length} characters; at most ${lengthLimit} are possible.`);
  }
  return normalized;
}

function invalid(message: string): VoiceRecorderError {
  return new VoiceRecorderError('invalid-input', message);
}
