import { describe, expect, it } from 'vitest';
import type { HistoryFields } from '../../../src/model/history.ts';
import { describeChange } from './change-words.ts';

function say(before: HistoryFields, after: HistoryFields): readonly string[] {
  return describeChange({
    version: 2,
    changedAt: '2026-11-23T12:00:00.000Z',
    by: 'x',
    undoes: null,
    before,
    after,
  });
}

describe('a change in words', () => {
  it('says what became what, field by field', () => {
    expect(
      say(
        { title: 'A', tags: ['a', 'b'], notes: '', collections: ['x'], isTrashed: false },
        { title: 'B', tags: ['b', 'c', 'd'], notes: 'n', collections: [], isTrashed: true },
      ),
    ).toEqual([
      'Title: “A” became “B”',
      'Tags: added “c”, “d”; removed “a”',
      'Notes written: “n”',
      'Collections: removed “x”',
      'Moved to the trash',
    ]);
    const [recorded, ...more] = say(
      { recordedAt: null, recordedAtSource: null },
      { recordedAt: '1962-05-01T13:30:00.000Z', recordedAtSource: 'person' },
    );
    expect(recorded).toMatch(/^Recorded: no date became .*1962/);
    expect(more).toEqual([]);
    expect(say({ tags: ['a', 'b'] }, { tags: ['b', 'a'] })).toEqual(['Tags: in another order']);
    const markers = [{ atSeconds: 1, label: 'x' }];
    expect(say({ markers: [] }, { markers })).toEqual(['Markers: 0 became 1']);
    expect(say({ markers }, { markers: [{ atSeconds: 2, label: 'x' }] })).toEqual(['Markers changed']);
  });

  it('shortens long texts between characters', () => {
    const [sentence = ''] = say({ notes: '🎙'.repeat(500) }, { notes: '' });
    expect(sentence).toBe(`Notes removed: “${'🎙'.repeat(80)}…”`);
  });
});
