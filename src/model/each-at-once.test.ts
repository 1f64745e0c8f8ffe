import { expect, it } from 'vitest';
import { eachAtOnce } from './each-at-once.ts';

it('does each item once, in order, and no more of them at a time than it may', async () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await eachAtOnce(items, 3, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  });
  expect(begun).toEqual(items);
  expect(most).toBe(3);
});

it('fails with the first failure, and does the others all the same', async () => {
  const done: number[] = [];
  const working = eachAtOnce([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('the first');
    await new Promise(setImmediate);
    done.push(item);
  });
  await expect(working).rejects.toThrow('the first');
  await expect.poll(() => done).toEqual([2, 3, 4]);
});
