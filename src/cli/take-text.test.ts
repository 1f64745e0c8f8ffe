import { describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { takeDocument, takeLines } from './take-text.ts';

const gaps = [null, { cause: 'reload', durationSeconds: 4.25 }, { cause: 'split', durationSeconds: 0 }, null];
const segments = gaps.map((gapBefore, segment) =>
  someRecording({ kind: 'take', takeId: 'walk', segment, gapBefore, duration: 61 }),
);

describe('a take in a terminal', () => {
  it('is one line for each part, with what is missing before it and a mark at the one asked for', () => {
    const [, heading, ...lines] = takeLines(segments, segments[1]!.id);
    expect(heading).toBe('Take of 4 parts, 4:04 together:');
    const ends = segments.map(({ id }) => id.slice(-8));
    expect(lines).toEqual([
      `   1     1:01  ${ends[0]}`,
      `*  2     1:01  ${ends[1]}  after reload, 4.3 s missing`,
      `   3     1:01  ${ends[2]}  after split, nothing missing`,
      `   4     1:01  ${ends[3]}  after an interruption`,
    ]);
  });

  it('is one object in JSON', () => {
    expect(takeDocument(segments)).toMatchObject({
      takeId: 'walk',
      duration: 244,
      segments: [{}, {}, {}, {}],
    });
  });
});
