import { describe, expect, it } from 'vitest';
import { findPart, joinedLength, startOfPart } from './joined-parts.ts';

const parts = [10, 0, 5.5];

describe('the joined take', () => {
  it('is as long as its parts together', () => {
    expect(joinedLength(parts)).toBe(15.5);
    expect([0, 1, 2].map((index) => startOfPart(parts, index))).toEqual([0, 10, 10]);
    expect(joinedLength([])).toBe(0);
  });

  it('has each position in one part, at a seam in the later one', () => {
    expect(findPart(parts, 0)).toEqual({ index: 0, seconds: 0 });
    expect(findPart(parts, 9.9)).toEqual({ index: 0, seconds: 9.9 });
    expect(findPart(parts, 10)).toEqual({ index: 2, seconds: 0 });
    expect(findPart(parts, 12)).toEqual({ index: 2, seconds: 2 });
  });

  it('ends with its last part, and has no position before its beginning', () => {
    expect(findPart(parts, 99)).toEqual({ index: 2, seconds: 5.5 });
    expect(findPart(parts, -3)).toEqual({ index: 0, seconds: 0 });
    expect(findPart([], 3)).toEqual({ index: 0, seconds: 0 });
  });
});
