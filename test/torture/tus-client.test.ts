import { expect, it } from 'vitest';
import { run } from './tus-client.ts';

it('takes a file whole from a foreign tus client through three cut connections', async () => {
  const result = await run({ seed: 3, sizeMb: 40 });
  expect(result.cuts).toBe(3);
  expect(result.storedChecksum).toBe(result.sentChecksum);
  expect(result.status).toBe('active');
});
