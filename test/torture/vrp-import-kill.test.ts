import { expect, it } from 'vitest';
import { run } from './vrp-import-kill.ts';

it('has each file once and whole after `vrp import` was killed again and again', async () => {
  const result = await run({ seed: 8, maxKills: 3, seconds: 120 });
  expect(result.broken).toEqual([]);
  expect(result.kills).toBeGreaterThan(1);
});
