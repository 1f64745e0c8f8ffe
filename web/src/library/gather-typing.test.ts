import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../../src/model/history.ts';
import { gatherTyping } from './gather-typing.ts';

const typed = (version: number, minute: number, from: string, to: string): HistoryEntry => ({
  version,
  changedAt: new Date(Date.UTC(2026, 10, 23, 12, minute)).toISOString(),
  by: 'owner',
  undoes: null,
  before: { notes: from },
  after: { notes: to },
});

describe('notes that are saved while they are typed', () => {
  it('are one change, from what was there before to what is there now', () => {
    const entries = [typed(4, 6, 'ab', 'abc'), typed(3, 3, 'a', 'ab'), typed(2, 0, '', 'a')];
    expect(gatherTyping(entries)).toEqual([{ ...typed(4, 6, '', 'abc'), firstVersion: 2 }]);
  });

  it('stay apart after a pause, of another person, beside another field, and when they are an undo', () => {
    const later = typed(3, 10, 'a', 'ab');
    const apart = [
      typed(2, 4, '', 'a'),
      { ...typed(2, 9, '', 'a'), by: 'anna' },
      { ...typed(2, 9, '', 'a'), undoes: 1 },
      { ...typed(2, 9, '', 'a'), before: { notes: '', title: 'A' }, after: { notes: 'a', title: 'B' } },
    ];
    for (const earlier of apart) {
      expect(gatherTyping([later, earlier])).toEqual([
        { ...later, firstVersion: 3 },
        { ...earlier, firstVersion: 2 },
      ]);
    }
  });
});
