import { expect, it } from 'vitest';
import { run } from './import-kill.ts';

it('keeps every file whole and catalogued once, or where it was, when imports are killed', {
  timeout: 180_000,
}, async () => {
  const report = await run({ seed: 20_261_122, seconds: 12 });
  console.log(JSON.stringify(report));
  expect(report.broken).toEqual([]);
  expect(report.kills).toBeGreaterThan(0);
  expect(report.acknowledged).toBeGreaterThan(0);
});
