import { expect, it } from 'vitest';
import { runOnSqlite } from './sessions.ts';

it('keeps every acknowledged row once when processes that write to one file are killed', async () => {
  const report = await runOnSqlite({ seed: 20_261_123, seconds: 3, processKillMs: 1_000 });
  expect(report.broken).toEqual([]);
  expect(report.processKills).toBeGreaterThan(0);
  expect(report.rows).toBeGreaterThanOrEqual(report.acknowledged);
});
