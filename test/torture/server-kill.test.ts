import { expect, it } from 'vitest';
import { run } from './server-kill.ts';

it('loses nothing it acknowledged when the whole server is killed again and again', async () => {
  const result = await run({ seed: 5, maxKills: 4, seconds: 120 });
  expect(result.broken).toEqual([]);
  expect(result.kills).toBeGreaterThan(1);
  expect(result.uploads).toBeGreaterThan(2);
  expect(result.acknowledgedBytes).toBeGreaterThan(10_000);
});
