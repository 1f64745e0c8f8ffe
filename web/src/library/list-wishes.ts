import type { RecordingFilters, RecordingKind, RecordingOrder } from '../../../src/model/recording.ts';

/** How somebody wants the list, as the fields of the page say it; empty fields want nothing. */
export interface ListWishes {
  readonly order: RecordingOrder;
  /** Days of the reader, `2026-11-22`. */
  readonly from: string;
  readonly to: string;
  /** Minutes. */
  readonly longer: string;
  readonly shorter: string;
  readonly format: string;
  readonly kind: RecordingKind | '';
  readonly isRemarked: boolean;
}

export const NO_WISHES: ListWishes = {
  order: 'newest',
  from: '',
  to: '',
  longer: '',
  shorter: '',
  format: '',
  kind: '',
  isRemarked: false,
};

/** What the wishes ask of the server. A field that is half typed asks for nothing yet. */
export function filtersOf(wishes: ListWishes): RecordingFilters {
  const from = dayBegins(wishes.from, 0);
  const to = dayBegins(wishes.to, 1);
  const minDuration = secondsOf(wishes.longer);
  const maxDuration = secondsOf(wishes.shorter);
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(minDuration !== undefined && { minDuration }),
    ...(maxDuration !== undefined && { maxDuration }),
    ...(wishes.format !== '' && { format: wishes.format }),
    ...(wishes.kind !== '' && { kind: wishes.kind }),
    ...(wishes.isRemarked && { hasWarnings: true }),
  };
}

export function countFilters(wishes: ListWishes): number {
  return Object.keys(filtersOf(wishes)).length;
}

/** The days that follow one another in such a list: of receipt, or of recording where dates of that are asked for. */
export function daysOf({ order, from, to }: ListWishes, isSearch: boolean): 'received' | 'recorded' | null {
  const isInTime = order === 'newest' || order === 'oldest' || (order === 'relevance' && !isSearch);
  if (!isInTime) return null;
  return !isSearch && (from !== '' || to !== '') ? 'recorded' : 'received';
}

/** The moment a day of the reader begins, `daysOn` days after `day`. */
function dayBegins(day: string, daysOn: number): string | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (match === null) return undefined;
  const [year = 0, month = 1, date = 1] = match.slice(1).map(Number);
  return new Date(year, month - 1, date + daysOn).toISOString();
}

function secondsOf(minutes: string): number | undefined {
  const value = Number(minutes);
  return minutes.trim() === '' || !(value >= 0) || value > 1e6 ? undefined : value * 60;
}
