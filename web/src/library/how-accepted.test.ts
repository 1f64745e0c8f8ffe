import { describe, expect, it } from 'vitest';
import { howAccepted } from './how-accepted.ts';

describe('how a recording was accepted', () => {
  it('is told by its kind', () => {
    const truncated = { code: 'truncated', message: 'It was cut.' } as const;
    expect(howAccepted({ kind: 'file', warnings: [truncated] })).toBe('file');
    expect(howAccepted({ kind: 'take', warnings: [] })).toBe('take');
  });

  it('is told as recovered when its sender never handed it over', () => {
    const recovered = { code: 'recovered', message: 'It was left.' } as const;
    expect(howAccepted({ kind: 'take', warnings: [recovered] })).toBe('recovered');
  });
});
