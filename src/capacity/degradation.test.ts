import { describe, expect, it } from 'vitest';
import { acceptanceAt, requireAccepted } from './degradation.ts';

describe('with less and less room', () => {
  it('derived files are given up first, then imports, then new takes', () => {
    const at = (freeBytes: number) => acceptanceAt({ freeBytes, freeInodes: null }, 1000);
    expect(at(1500)).toEqual({ derived: true, imports: true, takes: true });
    expect(at(1499)).toEqual({ derived: false, imports: true, takes: true });
    expect(at(1000)).toEqual({ derived: false, imports: false, takes: true });
    expect(at(499)).toEqual({ derived: false, imports: false, takes: false });
  });

  it('a disk that can make no more files takes nothing in, however many bytes are free', () => {
    const room = { freeBytes: 1e12, freeInodes: 99 };
    expect(acceptanceAt(room, 1000)).toEqual({ derived: false, imports: false, takes: false });
    expect(() => requireAccepted('takes', room, 1000)).toThrow(/99 more files/);
    expect(acceptanceAt(room, 0).takes).toBe(true);
  });

  it('a refusal says what is refused, what is free and what is needed', () => {
    const room = { freeBytes: 400, freeInodes: null };
    expect(() => requireAccepted('takes', room, 1000)).toThrow(
      'No new take is taken in: 400 bytes are free on the disk, and it needs 500',
    );
    expect(() => requireAccepted('imports', { ...room, freeBytes: 1001 }, 1000)).not.toThrow();
  });
});
