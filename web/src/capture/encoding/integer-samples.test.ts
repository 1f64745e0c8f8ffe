import { describe, expect, it } from 'vitest';
import { toIntegers } from './integer-samples.ts';

describe('samples as integers', () => {
  it('leave nothing on the heap but themselves: a take of hours has no garbage to wait for', () => {
    const second = Float32Array.from({ length: 96_000 }, (_, i) => Math.sin(i));
    toIntegers(second);
    const grownBytes = Array.from({ length: 5 }, () => {
      const before = process.memoryUsage().heapUsed;
      toIntegers(second);
      return process.memoryUsage().heapUsed - before;
    });
    // As a list they would take 8 bytes each.
    expect(Math.max(...grownBytes)).toBeLessThan(second.length * 4);
  });
});
