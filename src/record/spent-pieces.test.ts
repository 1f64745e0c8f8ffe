import { describe, expect, it } from 'vitest';
import { giveBack } from './spent-pieces.ts';

describe('giving back the memory of pieces', () => {
  it('empties those that have it for themselves', () => {
    const piece = Buffer.from(new ArrayBuffer(64 * 1024));
    giveBack([piece]);
    expect(piece.buffer.byteLength).toBe(0);
    expect(piece.length).toBe(0);
  });

  it('leaves parts of a larger buffer alone, and small ones', () => {
    const whole = Buffer.alloc(128 * 1024, 1);
    const small = Buffer.from('small');
    const before = Buffer.from(small);
    giveBack([whole.subarray(0, 64 * 1024), whole.subarray(64 * 1024), small]);
    expect(whole.equals(Buffer.alloc(128 * 1024, 1))).toBe(true);
    expect(small.equals(before)).toBe(true);
  });
});
