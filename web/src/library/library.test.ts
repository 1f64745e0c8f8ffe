import { describe, expect, it } from 'vitest';
import type { Recording } from '../../../src/model/recording.ts';
import { conflictsOf, isEmptyAmendment, withoutSent } from './amendment-conflict.ts';
import { momentOf, toListRows, toPlainRows } from './list-rows.ts';
import { countFilters, daysOf, filtersOf, NO_WISHES } from './list-wishes.ts';

const base = { title: 'Tape', tags: ['a'], notes: 'one', collections: ['c'] };

describe('changes of two people', () => {
  it('do not meet when they touch different fields', () => {
    expect(conflictsOf(base, { notes: 'mine' }, { ...base, title: 'Theirs' })).toEqual([]);
  });

  it('do not meet when both say the same', () => {
    expect(conflictsOf(base, { tags: ['a', 'b'] }, { ...base, tags: ['a', 'b'] })).toEqual([]);
    expect(conflictsOf(base, { collections: [] }, { ...base, collections: [] })).toEqual([]);
  });

  it('meet in the field both changed', () => {
    const mine = { title: 'Mine', notes: 'mine' };
    expect(conflictsOf(base, mine, { ...base, title: 'Theirs', tags: ['x'] })).toEqual(['title']);
  });
});

describe('what is still to be saved', () => {
  it('loses what was sent and keeps what was typed meanwhile', () => {
    const typed = { title: 'New', notes: 'longer' };
    expect(withoutSent(typed, { title: 'New', notes: 'long' })).toEqual({ notes: 'longer' });
    expect(isEmptyAmendment(withoutSent(typed, typed))).toBe(true);
  });
});

describe('the rows of the list', () => {
  it('have a heading for each day of the reader', () => {
    const moments = ['2026-11-22T23:30:00Z', '2026-11-22T22:30:00Z', '2026-11-21T10:00:00Z'];
    const recordings = moments.map((createdAt, index) => ({ id: String(index), createdAt }) as Recording);
    const kinds = (timeZone: string) => toListRows(recordings, { timeZone }).map((row) => row.kind);
    expect(kinds('UTC')).toEqual(['day', 'recording', 'recording', 'day', 'recording']);
    expect(kinds('Europe/Berlin')).toEqual(['day', 'recording', 'day', 'recording', 'day', 'recording']);
    const recorded = recordings.map((one) => ({ ...one, recordedAt: '1974-05-06T10:00:00Z' }));
    const byDay = toListRows(recorded, { timeZone: 'UTC' }, momentOf);
    expect(byDay.map((row) => row.kind)).toEqual(['day', 'recording', 'recording', 'recording']);
    expect(toPlainRows(recordings).map((row) => row.kind)).toEqual(['recording', 'recording', 'recording']);
  });
});

describe('what the list is asked for', () => {
  it('are whole days of the reader and seconds, and nothing for what is half typed', () => {
    const wishes = { ...NO_WISHES, from: '2026-02-28', to: '2026-02-28', longer: '1.5', shorter: '0' };
    expect(filtersOf(wishes)).toEqual({
      from: new Date(2026, 1, 28).toISOString(),
      to: new Date(2026, 2, 1).toISOString(),
      minDuration: 90,
      maxDuration: 0,
    });
    expect(filtersOf({ ...NO_WISHES, kind: 'edit', format: 'flac', isRemarked: true })).toEqual({
      kind: 'edit',
      format: 'flac',
      hasWarnings: true,
    });
    expect(daysOf({ ...NO_WISHES, from: '2026-02-28' }, false)).toBe('recorded');
    expect(daysOf({ ...NO_WISHES, from: '2026-02-28' }, true)).toBe('received');
    expect(daysOf({ ...NO_WISHES, order: 'title' }, false)).toBe(null);
    expect(countFilters({ ...NO_WISHES, order: 'title', from: '2026-0', longer: '-1', shorter: ' ' })).toBe(
      0,
    );
  });
});
