import type { RecordingOrder } from '../model/recording.ts';
import type { RecordingRow } from './recording-row.ts';

/** What rows are ordered by; no two rows are alike in all of it. */
export interface ListOrder {
  readonly columns: readonly (keyof RecordingRow)[];
  readonly isDescending: boolean;
}

const IN_TIME = ['created_at', 'id'] as const;
const BY_MOMENT = ['moment_ms', 'row_key'] as const;
const BY_TITLE = ['title_key', 'row_key'] as const;
const BY_DURATION = ['duration_ms', 'row_key'] as const;
const BY_SIZE = ['filesize_bytes', 'row_key'] as const;

const ORDERS: Readonly<Record<RecordingOrder, ListOrder>> = {
  newest: { columns: IN_TIME, isDescending: true },
  oldest: { columns: IN_TIME, isDescending: false },
  title: { columns: BY_TITLE, isDescending: false },
  'title-reverse': { columns: BY_TITLE, isDescending: true },
  longest: { columns: BY_DURATION, isDescending: true },
  shortest: { columns: BY_DURATION, isDescending: false },
  largest: { columns: BY_SIZE, isDescending: true },
  smallest: { columns: BY_SIZE, isDescending: false },
  relevance: { columns: IN_TIME, isDescending: true },
};

const TEXTS: ReadonlySet<string> = new Set(['created_at', 'id', 'title_key']);

/** Whether a page in this order can have ended there. */
export function isPlaceIn({ columns }: ListOrder, place: readonly (string | number)[]): boolean {
  return (
    place.length === columns.length &&
    columns.every((column, index) => (typeof place[index] === 'string') === TEXTS.has(column))
  );
}

/**
 * The order in time is that of receipt. `hasDates`: somebody asked for dates of recording, and wants them in that order.
 * The full-text index is in the order of row keys, which is that of receipt.
 */
export function listOrder(
  order: RecordingOrder,
  { isSearch, hasDates }: { readonly isSearch: boolean; readonly hasDates: boolean },
): ListOrder {
  const { columns, isDescending } = ORDERS[order];
  if (columns !== IN_TIME) return { columns, isDescending };
  return { columns: isSearch ? ['row_key'] : hasDates ? BY_MOMENT : columns, isDescending };
}
