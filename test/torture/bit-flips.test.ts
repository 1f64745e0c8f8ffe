import { expect, it } from 'vitest';
import { run } from './bit-flips.ts';

it('names every file with one flipped bit, and no other', { timeout: 120_000 }, async () => {
  const report = await run({ seed: 20_261_123, flips: 20 });
  expect(report).toEqual({ files: 40, flipped: 20, found: 20, falselyNamed: 0, broken: [] });
});
