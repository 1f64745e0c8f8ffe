import type { Recording, RecordingAmendment } from '../../../src/model/recording.ts';

const EDITABLE_FIELDS = ['title', 'tags', 'notes', 'collections'] as const;
export type EditableField = (typeof EDITABLE_FIELDS)[number];
export type Details = Pick<Recording, EditableField>;

/** Fields changed here and, differently, elsewhere since `base`: only these need a person's choice. */
export function conflictsOf(
  base: Details,
  mine: RecordingAmendment,
  theirs: Details,
): readonly EditableField[] {
  return EDITABLE_FIELDS.filter((field) => {
    const wanted = mine[field];
    if (wanted === undefined) return false;
    return !isSame(theirs[field], base[field]) && !isSame(theirs[field], wanted);
  });
}

/** `amendment` without the fields in which it still says what `sent` said. */
export function withoutSent(amendment: RecordingAmendment, sent: RecordingAmendment): RecordingAmendment {
  const rest = { ...amendment };
  for (const field of EDITABLE_FIELDS) {
    if (sent[field] !== undefined && isSame(rest[field], sent[field])) delete rest[field];
  }
  return rest;
}

export function isEmptyAmendment(amendment: RecordingAmendment): boolean {
  return EDITABLE_FIELDS.every((field) => amendment[field] === undefined);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
