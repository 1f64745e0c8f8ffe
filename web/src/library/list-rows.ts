import type { ListedRecording, Recording } from '../../../src/model/recording.ts';
import { dayKey, type Place } from '../format/date.ts';

/** A line of the list: the heading of a day, or a recording. */
export type ListRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | { readonly kind: 'recording'; readonly key: string; readonly recording: ListedRecording };

/** When a recording belongs on the calendar: recorded, or if nobody knows, received. */
export function momentOf(recording: Recording): string {
  return recording.recordedAt ?? recording.createdAt;
}

/** Recordings in an order that is not one in time. */
export function toPlainRows(recordings: readonly ListedRecording[]): readonly ListRow[] {
  return recordings.map((recording) => ({ kind: 'recording', key: recording.id, recording }));
}

/**
 * Recordings in their order with a heading wherever the day changes: of receipt, which is what they are ordered by, or
 * of `dateOf`.
 */
export function toListRows(
  recordings: readonly ListedRecording[],
  place: Place = {},
  dateOf: (recording: Recording) => string = ({ createdAt }) => createdAt,
): readonly ListRow[] {
  const rows: ListRow[] = [];
  let day = '';
  for (const recording of recordings) {
    const at = dateOf(recording);
    const nextDay = dayKey(at, place);
    if (nextDay !== day) rows.push({ kind: 'day', key: `day-${nextDay}-${recording.id}`, at });
    day = nextDay;
    rows.push({ kind: 'recording', key: recording.id, recording });
  }
  return rows;
}
