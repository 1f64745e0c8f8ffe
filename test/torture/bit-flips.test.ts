import { expect, it } from 'vitest';
import { run } from './bit-flips.ts';

it('names every file with one flipped bit, and no other', async () => {
  const report = await run({ seed: 20_261_123, flips: 12 });
  expect(report).toEqual({ files: 24, flipped: 12, found: 12, falselyNamed: 0, broken: [] });
});
