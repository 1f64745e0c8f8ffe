import { expect, it } from 'vitest';
import { run } from './import-kill.ts';

it('keeps every file whole and catalogued once, or where it was, when imports are killed', async () => {
  const report = await run({ seed: 20_261_122, rounds: 5, seconds: 150 });
  expect(report.broken).toEqual([]);
  expect(report.kills).toBeGreaterThan(0);
  expect(report.acknowledged).toBeGreaterThan(0);
});
