import { expect, it } from 'vitest';
import { runOnSqlite } from './sessions.ts';

it('keeps every acknowledged row once when processes that write to one file are killed', {
  timeout: 120_000,
}, async () => {
  const report = await runOnSqlite({ seed: 20_261_123, seconds: 4, processKillMs: 1_500 });
  expect(report.broken).toEqual([]);
  expect(report.rows).toBeGreaterThanOrEqual(report.acknowledged);
});
