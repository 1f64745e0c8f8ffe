import { describe, expect, it } from 'vitest';
import { checkTimeline } from './take-timeline.ts';

describe('a timeline', () => {
  it('is kept in the order of the audio', () => {
    const late = { kind: 'clipping', atSeconds: 9, durationSeconds: 0.5 };
    const early = { kind: 'silence', atSeconds: 2, durationSeconds: 3, note: 'all samples zero' };
    expect(checkTimeline([late, early])).toEqual([early, late]);
  });

  it.each([
    ['a kind that is no word', { kind: 'Loud!', atSeconds: 0, durationSeconds: 0 }],
    ['a position before the beginning', { kind: 'silence', atSeconds: -1, durationSeconds: 0 }],
    ['a length that is no number', { kind: 'silence', atSeconds: 0, durationSeconds: Number.NaN }],
    ['a note without end', { kind: 'silence', atSeconds: 0, durationSeconds: 0, note: 'x'.repeat(501) }],
  ])('refuses %s', (_, event) => {
    expect(() => checkTimeline([event])).toThrow(/timeline/);
  });
});
