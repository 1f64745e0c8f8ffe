import { expect, it } from 'vitest';
import { run } from './purge-kill.ts';

it('leaves each recording whole or gone for good when a purge is killed (before system calls only with strace)', async () => {
  const { broken, lives, gone, acknowledged } = await run({ seed: 11, moments: 1, callSample: 1 });
  expect(broken).toEqual([]);
  expect(lives).toBeGreaterThan(1);
  // Those of the first life, which nobody ends, all of them.
  expect(acknowledged).toBeGreaterThan(4);
  expect(gone).toBeGreaterThanOrEqual(acknowledged);
});
