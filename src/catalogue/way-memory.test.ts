import { expect, it } from 'vitest';
import { WayMemory } from './way-memory.ts';

it('looks once for the same question, and anew for another one', async () => {
  const ways = new WayMemory();
  const looked: string[] = [];
  const ask = (question: string, isSo: boolean) =>
    ways.recall(question, async () => {
      looked.push(question);
      return isSo;
    });
  expect(await ask('few wav', false)).toBe(false);
  expect(await ask('few wav', true)).toBe(false);
  expect(await ask('few amr', true)).toBe(true);
  expect(looked).toEqual(['few wav', 'few amr']);
});

it('keeps the newest answers, however many are asked for', () => {
  const ways = new WayMemory();
  for (let index = 0; index < 2_000; index++) ways.note(`rare ${index}`, true);
  expect(ways.read('rare 1999')).toBe(true);
  expect(ways.read('rare 0')).toBeUndefined();
});
