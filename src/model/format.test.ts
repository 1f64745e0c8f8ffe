import { describe, expect, it } from 'vitest';
import { counted, formatBytes, formatDuration, formatSpan } from './format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_640_000_000, '1.6 GB'],
    [4.5e18, '4500 PB'],
  ])('says %d as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [7.99, '0:07'],
    [751, '12:31'],
    [3723, '1:02:03'],
    [360_000, '100:00:00'],
  ])('says %d seconds as %s', (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });
});

describe('formatSpan', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [3599, '59 min'],
    [7200, '2 h'],
    [148_200, '41 h 10 min'],
    [273_600, '3 d 4 h'],
  ])('says %d seconds as %s', (seconds, words) => {
    expect(formatSpan(seconds)).toBe(words);
  });
});

describe('counted', () => {
  it.each([
    [0, '0 files'],
    [1, '1 file'],
    [2, '2 files'],
  ])('says %d as %s', (count, words) => {
    expect(counted(count, 'file')).toBe(words);
  });

  it('takes a plural that adds more than an s', () => {
    expect([1, 3].map((count) => counted(count, 'file was', 'files were'))).toEqual([
      '1 file was',
      '3 files were',
    ]);
  });
});
